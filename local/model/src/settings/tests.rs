use super::{Length, failing_bank, to_the_end};
use crate::explore::explore;
use crate::setting::Setting;

/// The smallest world, in which nothing happens at once: `cargo xtask prove model` takes the others.
#[test]
fn one_run_at_a_time_does_nothing_that_it_may_not() {
    let explored = explore(&Setting { slots: 1, number: 100, ..failing_bank() }, 1);
    assert!(explored.is_sound(), "{explored:?}");
}

#[test]
fn no_two_settings_have_one_name() {
    let mut names: Vec<&str> = to_the_end(Length::Long).into_iter().map(|setting| setting.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
