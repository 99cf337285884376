//! How long a table would need that has DynamoDB's published limits. A model: nothing here was measured at AWS.
//!
//! A partition takes 1,000 write units and 3,000 read units a second, and DynamoDB splits a table until, at best, each key
//! has a partition of its own: the key that takes most says how long it takes at least, however large the table has become.
//! A table or an index that is new, and on demand, takes 4,000 and 12,000 before it has split at all.
//! Source: Amazon DynamoDB Developer Guide, "Best practices for designing and using partition keys effectively" and
//! "On-demand capacity mode".

use std::collections::BTreeMap;

use crate::trace::{Key, Place, Units};

const PARTITION: Units = Units { reads: 3_000.0, writes: 1_000.0 };
const NEW_TABLE: Units = Units { reads: 12_000.0, writes: 4_000.0 };

/// What a recorded trace says of a table or of one of its indexes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Load {
    pub(crate) total: Units,
    pub(crate) keys: usize,
    /// The key that takes most time.
    pub(crate) hottest: String,
    /// What it takes.
    pub(crate) hottest_units: Units,
    /// What part of the write units that is.
    pub(crate) share: f64,
}

impl Load {
    /// Seconds that the hottest key needs, be the table as large as it may.
    pub(crate) fn seconds_at_least(&self) -> f64 {
        seconds(self.hottest_units, PARTITION)
    }

    /// Seconds that it takes before anything was split.
    pub(crate) fn seconds_when_new(&self) -> f64 {
        self.seconds_at_least().max(seconds(self.total, NEW_TABLE))
    }
}

fn seconds(units: Units, a_second: Units) -> f64 {
    (units.writes / a_second.writes).max(units.reads / a_second.reads)
}

/// The load of each place that the trace met.
pub(crate) fn loads(units: &BTreeMap<Key, Units>) -> BTreeMap<Place, Load> {
    let mut loads: BTreeMap<Place, Load> = BTreeMap::new();
    for ((place, key), units) in units {
        let load = loads.entry(*place).or_insert_with(|| Load {
            total: Units::default(),
            keys: 0,
            hottest: String::new(),
            hottest_units: Units::default(),
            share: 0.0,
        });
        load.total = load.total.plus(*units);
        load.keys += 1;
        if seconds(*units, PARTITION) > seconds(load.hottest_units, PARTITION) {
            load.hottest.clone_from(key);
            load.hottest_units = *units;
        }
    }
    for load in loads.values_mut() {
        load.share = load.hottest_units.writes / load.total.writes;
    }
    loads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn the_hottest_key_says_how_long_it_takes_and_a_new_table_how_long_at_first() {
        let of = |key: &str, reads: f64, writes: f64| ((Place::Table, key.to_owned()), Units { reads, writes });
        let units = BTreeMap::from([of("a", 0.0, 2_000.0), of("b", 9_000.0, 0.0), of("c", 0.0, 18_000.0 - 2_000.0)]);
        let load = &loads(&units)[&Place::Table];
        assert_eq!((load.keys, load.hottest.as_str()), (3, "c"));
        assert!(is(load.share, 16.0 / 18.0));
        assert!(is(load.seconds_at_least(), 16.0) && is(load.seconds_when_new(), 16.0));
        let many: BTreeMap<_, _> = (0..18).map(|n| of(&n.to_string(), 0.0, 1_000.0)).collect();
        let load = &loads(&many)[&Place::Table];
        assert!(is(load.seconds_at_least(), 1.0) && is(load.seconds_when_new(), 4.5));
    }

    #[test]
    fn reads_count_by_their_own_limit() {
        let of = |key: &str, reads: f64| ((Place::Table, key.to_owned()), Units { reads, writes: 1.0 });
        let load = &loads(&BTreeMap::from([of("a", 6_000.0), of("b", 30.0)]))[&Place::Table];
        assert!(load.hottest == "a" && is(load.seconds_at_least(), 2.0));
    }
}
