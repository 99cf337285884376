//! Clients of the event functions.

use holdfast_events::{ErasureQueue, EventBus, ExpirySchedules, MailQueue, RelayQueue, RenderQueue, ScheduleTarget};

use crate::config::ConfigError;
use crate::start::Runtime;

impl Runtime {
    /// The bus of domain events.
    ///
    /// # Errors
    /// [`ConfigError`] when `EVENT_BUS_NAME` is not set.
    pub fn event_bus(&self) -> Result<EventBus, ConfigError> {
        Ok(EventBus::new(aws_sdk_eventbridge::Client::new(&self.sdk), self.config.text("EVENT_BUS_NAME")?))
    }

    /// The queue for what the bus did not take.
    ///
    /// # Errors
    /// [`ConfigError`] when `RELAY_FAILURE_QUEUE_URL` is not set.
    pub fn relay_queue(&self) -> Result<RelayQueue, ConfigError> {
        Ok(RelayQueue::new(aws_sdk_sqs::Client::new(&self.sdk), self.config.text("RELAY_FAILURE_QUEUE_URL")?))
    }

    /// The queue of what has to be rendered.
    ///
    /// # Errors
    /// [`ConfigError`] when `RENDER_QUEUE_URL` is not set.
    pub fn render_queue(&self) -> Result<RenderQueue, ConfigError> {
        Ok(RenderQueue::new(aws_sdk_sqs::Client::new(&self.sdk), self.config.text("RENDER_QUEUE_URL")?))
    }

    /// The queue of what is erased with deleted accounts.
    ///
    /// # Errors
    /// [`ConfigError`] when `ERASURE_QUEUE_URL` is not set.
    pub fn erasure_queue(&self) -> Result<ErasureQueue, ConfigError> {
        Ok(ErasureQueue::new(aws_sdk_sqs::Client::new(&self.sdk), self.config.text("ERASURE_QUEUE_URL")?))
    }

    /// The queue of mails to be sent, if this stage has a sender.
    #[must_use]
    pub fn mail_queue(&self) -> Option<MailQueue> {
        let url = self.config.text("MAIL_QUEUE_URL").ok()?;
        Some(MailQueue::new(aws_sdk_sqs::Client::new(&self.sdk), url))
    }

    /// The schedules that end orders.
    ///
    /// # Errors
    /// [`ConfigError`] when a variable of the schedules is not set.
    pub fn schedules(&self) -> Result<ExpirySchedules, ConfigError> {
        let target = ScheduleTarget {
            group: self.config.text("SCHEDULE_GROUP")?,
            function_arn: self.config.text("EXPIRE_ORDER_ARN")?,
            role_arn: self.config.text("SCHEDULE_ROLE_ARN")?,
            dead_letter_arn: self.config.text("EXPIRE_ORDER_DELIVERY_QUEUE_ARN")?,
        };
        Ok(ExpirySchedules::new(aws_sdk_scheduler::Client::new(&self.sdk), target))
    }
}
