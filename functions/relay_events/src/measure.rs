//! What the market's decisions add to its metrics.
//!
//! They are measured here and not where they are made: a function that dies after its write has not counted it, and the
//! stream shows each write for certain. It may show one again, so that the figures are at least as large as the truth.

use holdfast_events::EventData;
use holdfast_telemetry::Metric;

use crate::record::Decided;

/// What an event adds.
pub(crate) fn measured(decided: &Decided) -> Vec<(Metric, f64)> {
    match decided.event.data() {
        EventData::OrderPlaced(_) => vec![(Metric::Holds, 1.0)],
        EventData::OrderPaid(paid) => {
            let took =
                decided.placed_at.map(|placed_at| (Metric::HoldToPaid, paid.paid_at.since(placed_at).as_secs_f64()));
            took.into_iter().chain([(Metric::OrdersPaid, 1.0)]).collect()
        }
        EventData::OrderCancelled(_) => vec![(Metric::OrdersCancelled, 1.0)],
        EventData::OrderExpired(_) => vec![(Metric::OrdersExpired, 1.0)],
        EventData::TicketListed(_)
        | EventData::TicketChanged(_)
        | EventData::TicketDeleted(_)
        | EventData::TicketReleased(_)
        | EventData::TicketSold(_)
        | EventData::HoldExtended(_)
        | EventData::OrderRefunded(_) => Vec::new(),
    }
}
