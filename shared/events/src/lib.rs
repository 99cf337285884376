#![doc = include_str!("../README.md")]

mod bus;
mod event;
mod of_images;
mod relay_queue;
mod render_queue;
mod schedule;

pub use bus::{EventBus, SOURCE, Unpublished};
pub use event::{
    Aggregate, Delivery, DomainEvent, EventData, EventId, EventName, HoldExtended, Money, OrderClosed, OrderPaid,
    OrderPlaced, OrderRefunded, TicketDeleted, TicketOffer, TicketReleased, TicketSold,
};
pub use relay_queue::{RelayFailure, RelayQueue, RelayQueueError};
pub use render_queue::{RenderQueue, RenderQueueError, RenderRequest, RenderWalk, TRACE_ATTRIBUTE};
pub use schedule::{ExpireOrder, ExpirySchedules, ScheduleError, ScheduleTarget};
