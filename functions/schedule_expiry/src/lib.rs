#![doc = include_str!("../README.md")]

use holdfast_domain::Timestamp;
use holdfast_events::{Aggregate, Delivery, EventData, EventName, ExpireOrder, ExpirySchedules, ScheduleError};
use holdfast_telemetry::{Subject, follow, note};

/// What the function works with.
#[derive(Debug)]
pub struct App {
    /// The schedules of all orders.
    pub schedules: ExpirySchedules,
}

/// Why an event was not acted on.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleExpiryError {
    /// The rule delivers events that this function is not for.
    #[error("the rule delivered {0}")]
    NotForUs(EventName),
    /// The scheduler failed.
    #[error("the order's schedule is not armed")]
    Schedule(#[from] ScheduleError),
}

/// Arms or moves the schedule of the event's order.
///
/// # Errors
/// [`ScheduleExpiryError`]; the event is delivered again.
pub async fn handle(app: &App, delivery: Delivery, now: Timestamp) -> Result<(), ScheduleExpiryError> {
    let event = delivery.detail;
    follow(event.trace());
    note(Subject::Event(event.id().as_uuid()));
    let Aggregate::Order(order) = event.aggregate() else {
        return Err(ScheduleExpiryError::NotForUs(event.name()));
    };
    note(Subject::Order(order));
    match event.data() {
        EventData::OrderPlaced(placed) => {
            let request = ExpireOrder { order, buyer: placed.buyer, trace_id: event.trace() };
            app.schedules.arm(request, placed.expires_at, now).await?;
            tracing::info!(event = %event.name(), at = %placed.expires_at, "armed the order's schedule");
        }
        EventData::HoldExtended(extended) => {
            let request = ExpireOrder { order, buyer: extended.buyer, trace_id: event.trace() };
            app.schedules.extend(request, extended.expires_at, now).await?;
            tracing::info!(event = %event.name(), at = %extended.expires_at, "moved the order's schedule");
        }
        EventData::TicketListed(_)
        | EventData::TicketChanged(_)
        | EventData::TicketDeleted(_)
        | EventData::TicketReleased(_)
        | EventData::TicketSold(_)
        | EventData::OrderCancelled(_)
        | EventData::OrderExpired(_)
        | EventData::OrderPaid(_)
        | EventData::OrderRefunded(_) => return Err(ScheduleExpiryError::NotForUs(event.name())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_sdk_scheduler::operation::create_schedule::{CreateScheduleError, CreateScheduleOutput};
    use aws_sdk_scheduler::operation::update_schedule::UpdateScheduleOutput;
    use aws_sdk_scheduler::types::error::ConflictException;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use holdfast_events::ScheduleTarget;

    use super::*;

    const PLACED: &str = include_str!("../../../events/schedule_expiry/valid.json");
    const EXTENDED: &str = include_str!("../../../events/schedule_expiry/hold_extended.json");
    const TICKET_LISTED: &str = include_str!("../../../events/project_catalogue/valid.json");
    const PLACED_AT: &str = "at(2026-11-22T12:15:00)";
    const EXTENDED_AT: &str = "at(2026-11-22T12:25:00)";

    fn created(at: &'static str) -> Rule {
        mock!(aws_sdk_scheduler::Client::create_schedule)
            .match_requests(move |request| request.schedule_expression() == Some(at))
            .then_output(|| CreateScheduleOutput::builder().schedule_arn("arn").build().unwrap())
    }

    fn exists() -> Rule {
        mock!(aws_sdk_scheduler::Client::create_schedule).then_error(|| {
            CreateScheduleError::ConflictException(ConflictException::builder().message("exists").build().unwrap())
        })
    }

    fn moved(at: &'static str) -> Rule {
        mock!(aws_sdk_scheduler::Client::update_schedule)
            .match_requests(move |request| request.schedule_expression() == Some(at))
            .then_output(|| UpdateScheduleOutput::builder().schedule_arn("arn").build().unwrap())
    }

    /// Delivers the samples in this order to a scheduler that expects these calls and no others.
    async fn delivered(samples: &[&str], rules: &[&Rule]) -> Result<(), ScheduleExpiryError> {
        let arn = || "arn".to_owned();
        let target = ScheduleTarget { group: arn(), function_arn: arn(), role_arn: arn(), dead_letter_arn: arn() };
        let client = mock_client!(aws_sdk_scheduler, RuleMode::Sequential, rules);
        let app = App { schedules: ExpirySchedules::new(client, target) };
        for sample in samples {
            let now = Timestamp::parse("2026-11-22T12:00:01Z").unwrap();
            handle(&app, serde_json::from_str(sample).unwrap(), now).await?;
        }
        assert!(rules.iter().all(|rule| rule.num_calls() == 1));
        Ok(())
    }

    #[tokio::test]
    async fn an_order_that_is_placed_twice_has_one_schedule() {
        delivered(&[PLACED, PLACED], &[&created(PLACED_AT), &exists()]).await.unwrap();
    }

    #[tokio::test]
    async fn an_extension_moves_the_schedule_however_often() {
        let rules = [&created(PLACED_AT), &exists(), &moved(EXTENDED_AT), &exists(), &moved(EXTENDED_AT)];
        delivered(&[PLACED, EXTENDED, EXTENDED], &rules).await.unwrap();
    }

    #[tokio::test]
    async fn an_order_that_arrives_after_its_extension_moves_nothing_back() {
        delivered(&[EXTENDED, PLACED], &[&created(EXTENDED_AT), &exists()]).await.unwrap();
    }

    #[tokio::test]
    async fn other_events_are_refused() {
        let error = delivered(&[TICKET_LISTED], &[]).await.unwrap_err();
        assert_eq!(error.to_string(), "the rule delivered TicketListed");
    }
}
