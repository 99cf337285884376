//! Which ranges of the catalogue the pages have: when a page is closed, taken back or removed.

use holdfast_domain::Timestamp;
use holdfast_store::{CataloguePlace, PageId, PageLayout};

use crate::{App, RenderError};

/// Tickets of a page that is closed.
const CLOSED: usize = 24;
/// Most tickets of any page. The API's list gives up to fifty at once, so that it can give all of them.
pub(crate) const FULL: usize = 36;
/// A head with fewer tickets takes the next page back, if that does not fill it.
const LOW: usize = 12;
/// Most tickets of a head that has taken a page back: it is not closed again before seven more are listed.
const TAKEN_BACK: usize = 30;
/// Places that are looked at for one change: ten pages can be closed at once, and the transaction stays small.
const LOOKED_AT: usize = FULL + 10 * CLOSED;
/// Changes of one page in one run.
const CHANGES: u32 = 10;

/// What has to become of a page's range.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Nothing.
    Rest,
    /// Pages are closed below these places.
    Close(Vec<CataloguePlace>),
    /// The page has no tickets: its range goes to the page above.
    Remove,
    /// The head takes the range of the page below it.
    TakeBack,
}

/// Decides by the places on the page, the oldest first, and by the number of those on the page below the head.
fn step(is_head: bool, places: &[CataloguePlace], below: Option<usize>) -> Step {
    if places.len() > FULL {
        return Step::Close(ends(places));
    }
    match below {
        Some(below) if is_head => {
            let fits = places.len() < LOW && places.len() + below <= TAKEN_BACK;
            if fits || places.is_empty() { Step::TakeBack } else { Step::Rest }
        }
        Some(_) | None if !is_head && places.is_empty() => Step::Remove,
        Some(_) | None => Step::Rest,
    }
}

/// The ends of the pages that are closed, the lowest first: each is the place above its page.
fn ends(places: &[CataloguePlace]) -> Vec<CataloguePlace> {
    let mut ends = Vec::new();
    let mut rest = places;
    while rest.len() > FULL {
        rest = &rest[CLOSED..];
        ends.extend(rest.first());
    }
    ends
}

/// Brings the range of a page to rest. `false` when it is not: there is more to do than one run should.
pub(crate) async fn arrange(app: &App, page: PageId, now: Timestamp) -> Result<bool, RenderError> {
    for _ in 0..CHANGES {
        // The register first: a change of boundaries that comes after it makes ours fail.
        let register = app.market.page_register().await?;
        let Some(layout) = app.market.page_layout(page).await? else {
            return Ok(true);
        };
        let places = app.market.catalogue_range(layout.range(), false, LOOKED_AT + 1, now).await?;
        let (below, lower) = below(app, page, &layout, places.len(), now).await?;
        let older = layout.older.map(|older| older.page());
        match (step(page == PageId::Head, &places, below), layout.own, layout.older) {
            (Step::Close(ends), _, _) => {
                let touched: Vec<_> = [Some(page), older].into_iter().flatten().collect();
                if app.market.boundaries_put(&register, &ends, &touched).await? {
                    tracing::info!(%page, closed = ends.len(), "closed pages of the catalogue");
                }
            }
            (Step::Remove, Some(own), _) => {
                let touched: Vec<_> = [layout.newer, older].into_iter().flatten().collect();
                if app.market.boundary_remove(&register, &own, &touched).await? {
                    tracing::info!(%page, "removed an empty page of the catalogue");
                }
            }
            (Step::TakeBack, _, Some(taken)) => {
                let touched: Vec<_> = [Some(page), lower].into_iter().flatten().collect();
                if app.market.boundary_remove(&register, &taken, &touched).await? {
                    tracing::info!(page = %taken.page(), "the head took a page of the catalogue back");
                }
            }
            (Step::Rest | Step::Remove | Step::TakeBack, _, _) => return Ok(true),
        }
    }
    Ok(false)
}

/// For a head that is low: how many places the page below it has, and the page below that one.
async fn below(
    app: &App,
    page: PageId,
    layout: &PageLayout,
    places: usize,
    now: Timestamp,
) -> Result<(Option<usize>, Option<PageId>), RenderError> {
    let Some(older) = layout.older.filter(|_| page == PageId::Head && places < LOW) else {
        return Ok((None, None));
    };
    let Some(lower) = app.market.page_layout(older.page()).await? else {
        return Ok((None, None));
    };
    let count = app.market.catalogue_range(lower.range(), false, FULL + 1, now).await?.len();
    Ok((Some(count), lower.older.map(|older| older.page())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn places(moments: impl IntoIterator<Item = i64>) -> Vec<CataloguePlace> {
        let ticket = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
        let place = |millis| CataloguePlace { moment: Timestamp::from_millis(millis).unwrap(), ticket };
        moments.into_iter().map(place).collect()
    }

    fn millis(ends: &[CataloguePlace]) -> Vec<i64> {
        ends.iter().map(|end| end.moment.as_millis()).collect()
    }

    #[test]
    fn a_page_of_up_to_36_stays_as_it_is() {
        for count in 12..=36 {
            assert_eq!(step(true, &places(0..count), None), Step::Rest, "{count}");
            assert_eq!(step(false, &places(0..count), None), Step::Rest, "{count}");
        }
        assert_eq!(step(false, &places([1]), None), Step::Rest, "a closed page may get small");
        assert_eq!(step(true, &[], None), Step::Rest, "an empty market has a head");
    }

    #[test]
    fn the_oldest_are_closed_by_twenty_four_and_twelve_to_thirty_six_remain() {
        for count in 37..=400 {
            let Step::Close(ends) = step(true, &places(0..count), None) else { panic!("{count} are too many") };
            let expected: Vec<i64> = (1..=i64::try_from(ends.len()).unwrap()).map(|page| page * 24).collect();
            assert_eq!(millis(&ends), expected, "each end is the first place above its page");
            let remain = count - ends.last().unwrap().moment.as_millis();
            assert!((13..=36).contains(&remain), "{count} leave {remain}");
        }
        assert!(matches!(step(false, &places(0..37), None), Step::Close(ends) if ends.len() == 1));
    }

    #[test]
    fn an_empty_page_goes_and_a_low_head_takes_a_page_back() {
        assert_eq!(step(false, &[], None), Step::Remove);
        for (head, below, expected) in [
            (0, 24, Step::TakeBack),
            (0, 36, Step::TakeBack),
            (6, 24, Step::TakeBack),
            (7, 24, Step::Rest),
            (11, 19, Step::TakeBack),
            (11, 20, Step::Rest),
            (12, 0, Step::Rest),
        ] {
            assert_eq!(step(true, &places(0..head), Some(below)), expected, "{head} above {below}");
        }
    }

    /// The catalogue as a set of places and a set of ends, changed as `arrange` changes the table.
    #[derive(Default)]
    struct Model {
        places: BTreeMap<i64, CataloguePlace>,
        ends: Vec<i64>,
    }

    impl Model {
        /// The places from one end to the next.
        fn range(&self, page: usize) -> Vec<CataloguePlace> {
            let from = if page == 0 { 0 } else { self.ends[page - 1] };
            let before = self.ends.get(page).copied().unwrap_or(i64::MAX);
            self.places.range(from..before).map(|(_, place)| *place).collect()
        }

        fn arrange(&mut self, moment: i64) {
            for _ in 0..CHANGES {
                let page = self.ends.partition_point(|end| *end <= moment);
                let is_head = page == self.ends.len();
                let below = (is_head && page > 0).then(|| self.range(page - 1).len());
                let places = self.range(page);
                match step(is_head, &places, below.filter(|_| places.len() < LOW)) {
                    Step::Rest => return,
                    Step::Close(ends) => self.ends.extend(millis(&ends)),
                    Step::Remove => drop(self.ends.remove(page)),
                    Step::TakeBack => drop(self.ends.pop()),
                }
                self.ends.sort_unstable();
            }
            panic!("not at rest");
        }

        fn check(&self) {
            let total: usize = (0..=self.ends.len()).map(|page| self.range(page).len()).sum();
            assert_eq!(total, self.places.len(), "every ticket is on one page");
            for page in 0..=self.ends.len() {
                let count = self.range(page).len();
                assert!(count <= FULL, "page {page} has {count}");
                assert!(count > 0 || page == self.ends.len(), "page {page} is empty");
            }
            let head = self.range(self.ends.len()).len();
            assert!(head >= 1 || self.places.is_empty(), "the head is empty");
        }
    }

    #[test]
    fn any_history_leaves_full_and_not_overfull_pages() {
        // A small generator of its own makes the history the same each time.
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut model = Model::default();
        let mut clock = 1_000;
        for turn in 0..6_000 {
            // The market grows, is sold out, and grows again.
            let lists = if turn / 2_000 == 1 { 20 } else { 70 };
            let moment = if random(100) < lists {
                clock += 10;
                // Now and then a ticket is projected late, after younger ones.
                let moment = if random(50) == 0 { clock - 995 } else { clock };
                let place = places([moment])[0];
                model.places.insert(moment, place);
                moment
            } else {
                let nth = usize::try_from(random(model.places.len().max(1) as u64)).unwrap();
                let Some(moment) = model.places.keys().nth(nth).copied() else { continue };
                model.places.remove(&moment);
                moment
            };
            model.arrange(moment);
            // A range that was given to the page above may fill it.
            model.check();
        }
        assert!(model.ends.len() > 20, "{} pages", model.ends.len());
    }

    #[test]
    fn many_tickets_at_once_are_all_on_pages_of_24() {
        let mut model =
            Model { places: places(0..1_000).into_iter().map(|p| (p.moment.as_millis(), p)).collect(), ends: vec![] };
        model.arrange(999);
        model.check();
        assert!((0..model.ends.len()).all(|page| model.range(page).len() == 24));
    }
}
