#![doc = include_str!("../README.md")]

mod answer;
mod bus;
mod erasure_queue;
mod event;
mod mail_queue;
mod message;
mod of_images;
mod relay_queue;
mod render_queue;
mod schedule;

pub use answer::{BatchAnswer, BatchFailure};
pub use bus::{EventBus, SOURCE, Unpublished};
pub use erasure_queue::{
    ANNOUNCED_AHEAD, ErasureList, ErasurePass, ErasureQueue, ErasureQueueError, ErasureRequest, REQUESTS_END_WITHIN,
};
pub use event::{
    Aggregate, Delivery, DomainEvent, EventData, EventId, EventName, HoldExtended, Money, OrderClosed, OrderPaid,
    OrderPlaced, OrderRefunded, TicketDeleted, TicketOffer, TicketReleased, TicketSold,
};
pub use mail_queue::{MailQueue, MailQueueError, MailRequest};
pub use message::{QueueMessage, TRACE_ATTRIBUTE};
pub use relay_queue::{RelayFailure, RelayQueue, RelayQueueError};
pub use render_queue::{RenderQueue, RenderQueueError, RenderRequest, RenderWalk};
pub use schedule::{ExpireOrder, ExpirySchedules, ScheduleError, ScheduleTarget};
