#![doc = include_str!("../README.md")]

use holdfast_domain::Timestamp;
use holdfast_events::{ExpireOrder, ExpirySchedules, ScheduleError};
use holdfast_store::{ExpireOutcome, Market, StoreError, order_expire_run_out};
use holdfast_telemetry::{Subject, follow, note};

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// Tickets and orders.
    pub market: Market,
    /// The schedules of all orders.
    pub schedules: ExpirySchedules,
}

/// Why an order was not ended.
#[derive(Debug, thiserror::Error)]
pub enum ExpireOrderError {
    /// The table failed.
    #[error("the order cannot be ended")]
    Store(#[from] StoreError),
    /// The scheduler failed.
    #[error("the order's next schedule is not armed")]
    Schedule(#[from] ScheduleError),
}

/// Ends the order, or arms its next schedule.
///
/// # Errors
/// [`ExpireOrderError`]; the invocation is tried again, and the sweep looks after what stays.
pub async fn handle(app: &App, request: ExpireOrder, now: Timestamp) -> Result<(), ExpireOrderError> {
    follow(request.trace_id);
    note(Subject::Order(request.order));
    let outcome = order_expire_run_out(&app.market, request.buyer, request.order, now).await?;
    tracing::info!(?outcome, "looked at the order");
    match outcome {
        ExpireOutcome::NotRunOut(expires_at) => app.schedules.arm_again(request, expires_at, now).await?,
        // Done, or an order with a payment, which keeps its place in the sweep's index until the payment is at rest.
        ExpireOutcome::Expired
        | ExpireOutcome::Final
        | ExpireOutcome::Absent
        | ExpireOutcome::HasIntent
        | ExpireOutcome::Bought => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_a_schedule_sends() {
        let sample = include_str!("../../../events/expire_order/valid.json");
        let request: ExpireOrder = serde_json::from_str(sample).unwrap();
        let sent = serde_json::to_value(request).unwrap();
        assert_eq!(sent, serde_json::from_str::<serde_json::Value>(sample).unwrap());
    }

    #[test]
    fn a_schedule_of_an_earlier_or_a_later_release_is_read() {
        let sample: serde_json::Value =
            serde_json::from_str(include_str!("../../../events/expire_order/valid.json")).unwrap();
        let mut earlier = sample.clone();
        earlier.as_object_mut().unwrap().remove("trace_id");
        assert_eq!(serde_json::from_value::<ExpireOrder>(earlier).unwrap().trace_id, None);
        let mut later = sample;
        later["reason"] = "not known yet".into();
        serde_json::from_value::<ExpireOrder>(later).unwrap();
    }

    #[test]
    fn a_payload_of_another_shape_is_refused() {
        for wrong in ["{}", r#"{"order": "1", "buyer": "2"}"#] {
            assert!(serde_json::from_str::<ExpireOrder>(wrong).is_err(), "{wrong}");
        }
    }
}
