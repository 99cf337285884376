//! One-time schedules that end orders whose hold has run out.

use std::time::Duration;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::update_schedule::UpdateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use holdfast_domain::{OrderId, Timestamp, TraceId, UserId};
use serde::{Deserialize, Serialize};

/// The scheduler refuses an `at()` in the past. A hold that has run out already gets the nearest moment that is still
/// ahead when the call arrives, clocks and retries considered: expiry is invoked at once, by the schedule's own role
/// and with its retries and dead-letter queue. Invoking the function ourselves would need one more right for the same.
const LEAD: Duration = Duration::from_secs(10);
/// Deliveries that the scheduler tries after the first; the sweep finds within minutes what it gives up.
const RETRIES: i32 = 10;
const MAX_EVENT_AGE_SECONDS: i32 = 3_600;
/// A schedule may fire and vanish between two calls: so often it is created or moved anew.
const TRIES: u32 = 3;

/// What a schedule invokes, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleTarget {
    /// The schedule group.
    pub group: String,
    /// The ARN of the function `expire_order`.
    pub function_arn: String,
    /// The ARN of the role that may invoke it.
    pub role_arn: String,
    /// The ARN of the queue for what could not be delivered.
    pub dead_letter_arn: String,
}

/// What a schedule hands to `expire_order`. Fields that it does not know are passed over: a schedule outlives the release
/// that armed it, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpireOrder {
    /// The order to end.
    pub order: OrderId,
    /// Who placed it.
    pub buyer: UserId,
    /// The trace of the order; schedules of before the first trace have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
}

/// Why a schedule was not armed.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The request could not be made.
    #[error("a schedule cannot be described")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schedule could not be created.
    #[error("a schedule cannot be created")]
    Create(#[source] Box<aws_sdk_scheduler::error::SdkError<CreateScheduleError>>),
    /// The schedule could not be moved.
    #[error("a schedule cannot be moved")]
    Move(#[source] Box<aws_sdk_scheduler::error::SdkError<UpdateScheduleError>>),
    /// The schedule came and went with every try.
    #[error("a schedule came and went {TRIES} times")]
    Unsettled,
}

/// The schedules of all orders.
#[derive(Debug, Clone)]
pub struct ExpirySchedules {
    client: Client,
    target: ScheduleTarget,
}

impl ExpirySchedules {
    /// Schedules that invoke `target`.
    #[must_use]
    pub fn new(client: Client, target: ScheduleTarget) -> Self {
        Self { client, target }
    }

    /// Arms the schedule of a new order; one that is there already stays as it is.
    ///
    /// It was armed by an earlier delivery of the same event or by an extension that overtook it: in both cases it is
    /// as late as this one or later. A hold only ever gets longer, so that nothing needs to be compared.
    ///
    /// # Errors
    /// [`ScheduleError`] when the scheduler fails.
    pub async fn arm(&self, request: ExpireOrder, expires_at: Timestamp, now: Timestamp) -> Result<(), ScheduleError> {
        self.create(&name_of(request.order), request, expires_at, now).await.map(drop)
    }

    /// Moves the schedule of an extended hold, or arms it if the order's own event has not arrived yet.
    ///
    /// # Errors
    /// [`ScheduleError`] when the scheduler fails.
    pub async fn extend(
        &self,
        request: ExpireOrder,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), ScheduleError> {
        let name = name_of(request.order);
        for _ in 0..TRIES {
            if self.create(&name, request, expires_at, now).await? == Created::New {
                return Ok(());
            }
            if self.move_existing(&name, request, expires_at, now).await? {
                return Ok(());
            }
        }
        Err(ScheduleError::Unsettled)
    }

    /// Arms a further schedule for an order whose first one fired early.
    ///
    /// It has a name of its own, made from the moment: the schedule that has just fired is about to be deleted, and
    /// moving it would race with that.
    ///
    /// # Errors
    /// [`ScheduleError`] when the scheduler fails.
    pub async fn arm_again(
        &self,
        request: ExpireOrder,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), ScheduleError> {
        let name = format!("{}-{}", name_of(request.order), expires_at.as_seconds());
        self.create(&name, request, expires_at, now).await.map(drop)
    }

    async fn create(
        &self,
        name: &str,
        request: ExpireOrder,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Created, ScheduleError> {
        let result = self
            .client
            .create_schedule()
            .name(name)
            .group_name(&self.target.group)
            .schedule_expression(at_expression(expires_at, now))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(exactly()?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(self.target(request)?)
            .send()
            .await;
        match result {
            Ok(_) => Ok(Created::New),
            Err(error) if error.as_service_error().is_some_and(CreateScheduleError::is_conflict_exception) => {
                Ok(Created::Existed)
            }
            Err(error) => Err(ScheduleError::Create(Box::new(error))),
        }
    }

    /// Whether the schedule was there to be moved.
    async fn move_existing(
        &self,
        name: &str,
        request: ExpireOrder,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, ScheduleError> {
        // The call replaces the schedule as a whole: what is left out here would go back to its default.
        let result = self
            .client
            .update_schedule()
            .name(name)
            .group_name(&self.target.group)
            .schedule_expression(at_expression(expires_at, now))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(exactly()?)
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(self.target(request)?)
            .send()
            .await;
        match result {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateScheduleError::is_resource_not_found_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(ScheduleError::Move(Box::new(error))),
        }
    }

    fn target(&self, request: ExpireOrder) -> Result<Target, ScheduleError> {
        let input = serde_json::to_string(&request).map_err(|error| ScheduleError::Request(error.into()))?;
        Target::builder()
            .arn(&self.target.function_arn)
            .role_arn(&self.target.role_arn)
            .input(input)
            .retry_policy(
                RetryPolicy::builder()
                    .maximum_retry_attempts(RETRIES)
                    .maximum_event_age_in_seconds(MAX_EVENT_AGE_SECONDS)
                    .build(),
            )
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.target.dead_letter_arn).build())
            .build()
            .map_err(ScheduleError::from)
    }
}

impl From<BuildError> for ScheduleError {
    fn from(error: BuildError) -> Self {
        Self::Request(error.into())
    }
}

/// Whether a schedule was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Created {
    New,
    Existed,
}

/// The schedule's name: the order's id behind the prefix by which policies name our schedules.
fn name_of(order: OrderId) -> String {
    format!("order-{order}")
}

fn exactly() -> Result<FlexibleTimeWindow, BuildError> {
    FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build()
}

/// The first whole second at or after `expires_at` and after `now`: never before the hold ends, never in the past.
fn at_expression(expires_at: Timestamp, now: Timestamp) -> String {
    let moment = expires_at.max(now.plus(LEAD)).plus(Duration::from_millis(999)).to_datetime();
    let (date, time) = (moment.date(), moment.time());
    format!("at({date}T{:02}:{:02}:{:02})", time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_schedule_never_fires_before_the_hold_ends() {
        let now = moment("2026-11-22T16:00:00Z");
        assert_eq!(at_expression(moment("2026-11-22T16:15:00Z"), now), "at(2026-11-22T16:15:00)");
        assert_eq!(at_expression(moment("2026-11-22T16:15:00.001Z"), now), "at(2026-11-22T16:15:01)");
        assert_eq!(at_expression(moment("2026-11-22T16:15:00.999Z"), now), "at(2026-11-22T16:15:01)");
        assert_eq!(at_expression(moment("2026-12-31T23:59:59.5Z"), now), "at(2027-01-01T00:00:00)");
    }

    #[test]
    fn a_schedule_is_never_in_the_past() {
        let now = moment("2026-11-22T16:00:00.25Z");
        for passed in ["2026-11-22T15:00:00Z", "2026-11-22T16:00:00Z", "2026-11-22T16:00:05Z"] {
            assert_eq!(at_expression(moment(passed), now), "at(2026-11-22T16:00:11)", "{passed}");
        }
    }

    #[test]
    fn names_fit_the_scheduler() {
        let order: OrderId = "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6a".parse().unwrap();
        let longest =
            format!("{}-{}", name_of(order), Timestamp::from_millis(253_402_300_799_999).unwrap().as_seconds());
        assert!(longest.len() <= 64, "{longest}");
        assert!(longest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }
}
