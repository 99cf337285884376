//! The envelope, the eleven events and their data.

use std::fmt;

use holdfast_domain::{Currency, OrderId, Price, TicketId, Timestamp, TraceId, UserId, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of an event, by which a duplicate is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// A version 5 UUID in the aggregate's namespace: one write of one aggregate gives one id, however often its
    /// record is read.
    fn derive(aggregate: Aggregate, version: Version, name: EventName) -> Self {
        let namespace = match aggregate {
            Aggregate::Ticket(id) => id.as_uuid(),
            Aggregate::Order(id) => id.as_uuid(),
        };
        Self(Uuid::new_v5(&namespace, format!("{}/{name}", version.number()).as_bytes()))
    }
}

impl EventId {
    /// The UUID itself.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Whose state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Aggregate {
    /// A ticket.
    Ticket(TicketId),
    /// An order.
    Order(OrderId),
}

/// The name of an event: a resource and a past participle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventName {
    /// A ticket was put on the market.
    TicketListed,
    /// A seller changed a ticket.
    TicketChanged,
    /// A seller took a ticket away.
    TicketDeleted,
    /// A ticket is on the market again.
    TicketReleased,
    /// A ticket is sold.
    TicketSold,
    /// A buyer holds a ticket.
    OrderPlaced,
    /// The end of a hold was moved.
    HoldExtended,
    /// A buyer gave an order up.
    OrderCancelled,
    /// An order ran out.
    OrderExpired,
    /// An order is paid.
    OrderPaid,
    /// The whole payment of an order was given back.
    OrderRefunded,
}

impl EventName {
    /// Every event.
    pub const ALL: [Self; 11] = [
        Self::TicketListed,
        Self::TicketChanged,
        Self::TicketDeleted,
        Self::TicketReleased,
        Self::TicketSold,
        Self::OrderPlaced,
        Self::HoldExtended,
        Self::OrderCancelled,
        Self::OrderExpired,
        Self::OrderPaid,
        Self::OrderRefunded,
    ];

    /// The name on the bus, where rules match it as the detail type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TicketListed => "TicketListed",
            Self::TicketChanged => "TicketChanged",
            Self::TicketDeleted => "TicketDeleted",
            Self::TicketReleased => "TicketReleased",
            Self::TicketSold => "TicketSold",
            Self::OrderPlaced => "OrderPlaced",
            Self::HoldExtended => "HoldExtended",
            Self::OrderCancelled => "OrderCancelled",
            Self::OrderExpired => "OrderExpired",
            Self::OrderPaid => "OrderPaid",
            Self::OrderRefunded => "OrderRefunded",
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A price as events write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In minor units of the currency.
    pub amount: u64,
    /// The currency.
    pub currency: Currency,
}

impl From<Price> for Money {
    fn from(price: Price) -> Self {
        Self { amount: price.amount(), currency: price.currency() }
    }
}

/// What a seller offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketOffer {
    /// Who sells.
    pub seller: UserId,
    /// The title.
    pub title: String,
    /// What it costs.
    pub price: Money,
    /// Where the event takes place, if said.
    pub venue: Option<String>,
    /// When it begins, if said.
    pub starts_at: Option<Timestamp>,
    /// When the ticket was listed first.
    pub created_at: Timestamp,
}

/// The seller took the ticket away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketDeleted {
    /// Who offered it.
    pub seller: UserId,
}

/// The hold or the claim of an order on the ticket has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketReleased {
    /// The order that had it.
    pub order: OrderId,
    /// Who placed that order.
    pub buyer: UserId,
}

/// The sale is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketSold {
    /// Who sold.
    pub seller: UserId,
    /// The order that bought.
    pub order: OrderId,
    /// Who bought.
    pub buyer: UserId,
    /// For how much.
    pub price: Money,
    /// When it was recorded.
    pub sold_at: Timestamp,
}

/// A buyer holds a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// Who placed the order.
    pub buyer: UserId,
    /// For which ticket.
    pub ticket: TicketId,
    /// At which price.
    pub price: Money,
    /// When the hold ends.
    pub expires_at: Timestamp,
}

/// The hold lasts longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldExtended {
    /// Who placed the order.
    pub buyer: UserId,
    /// For which ticket.
    pub ticket: TicketId,
    /// When the hold ends now.
    pub expires_at: Timestamp,
}

/// The order ended without a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderClosed {
    /// Who placed the order.
    pub buyer: UserId,
    /// For which ticket.
    pub ticket: TicketId,
    /// When it was recorded.
    pub closed_at: Timestamp,
}

/// The order ended with a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPaid {
    /// Who placed the order.
    pub buyer: UserId,
    /// For which ticket.
    pub ticket: TicketId,
    /// For how much.
    pub price: Money,
    /// When it was recorded.
    pub paid_at: Timestamp,
}

/// The whole payment was given back; the ticket stays sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefunded {
    /// Who placed the order.
    pub buyer: UserId,
    /// For which ticket.
    pub ticket: TicketId,
    /// How much.
    pub price: Money,
    /// When it was recorded.
    pub refunded_at: Timestamp,
}

/// What happened, with the facts of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", content = "data")]
pub enum EventData {
    /// See [`EventName::TicketListed`].
    TicketListed(TicketOffer),
    /// See [`EventName::TicketChanged`].
    TicketChanged(TicketOffer),
    /// See [`EventName::TicketDeleted`].
    TicketDeleted(TicketDeleted),
    /// See [`EventName::TicketReleased`].
    TicketReleased(TicketReleased),
    /// See [`EventName::TicketSold`].
    TicketSold(TicketSold),
    /// See [`EventName::OrderPlaced`].
    OrderPlaced(OrderPlaced),
    /// See [`EventName::HoldExtended`].
    HoldExtended(HoldExtended),
    /// See [`EventName::OrderCancelled`].
    OrderCancelled(OrderClosed),
    /// See [`EventName::OrderExpired`].
    OrderExpired(OrderClosed),
    /// See [`EventName::OrderPaid`].
    OrderPaid(OrderPaid),
    /// See [`EventName::OrderRefunded`].
    OrderRefunded(OrderRefunded),
}

impl EventData {
    /// Which event this is.
    #[must_use]
    pub fn name(&self) -> EventName {
        match self {
            Self::TicketListed(_) => EventName::TicketListed,
            Self::TicketChanged(_) => EventName::TicketChanged,
            Self::TicketDeleted(_) => EventName::TicketDeleted,
            Self::TicketReleased(_) => EventName::TicketReleased,
            Self::TicketSold(_) => EventName::TicketSold,
            Self::OrderPlaced(_) => EventName::OrderPlaced,
            Self::HoldExtended(_) => EventName::HoldExtended,
            Self::OrderCancelled(_) => EventName::OrderCancelled,
            Self::OrderExpired(_) => EventName::OrderExpired,
            Self::OrderPaid(_) => EventName::OrderPaid,
            Self::OrderRefunded(_) => EventName::OrderRefunded,
        }
    }
}

impl EventData {
    /// The order of a ticket's event, if it is about one.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::TicketReleased(released) => Some(released.order),
            Self::TicketSold(sold) => Some(sold.order),
            Self::TicketListed(_)
            | Self::TicketChanged(_)
            | Self::TicketDeleted(_)
            | Self::OrderPlaced(_)
            | Self::HoldExtended(_)
            | Self::OrderCancelled(_)
            | Self::OrderExpired(_)
            | Self::OrderPaid(_)
            | Self::OrderRefunded(_) => None,
        }
    }

    /// The ticket of an order's event.
    #[must_use]
    pub fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::OrderPlaced(placed) => Some(placed.ticket),
            Self::HoldExtended(extended) => Some(extended.ticket),
            Self::OrderCancelled(closed) | Self::OrderExpired(closed) => Some(closed.ticket),
            Self::OrderPaid(paid) => Some(paid.ticket),
            Self::OrderRefunded(refunded) => Some(refunded.ticket),
            Self::TicketListed(_)
            | Self::TicketChanged(_)
            | Self::TicketDeleted(_)
            | Self::TicketReleased(_)
            | Self::TicketSold(_) => None,
        }
    }
}

/// Something that happened to one ticket or one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainEvent {
    id: EventId,
    aggregate: Aggregate,
    #[serde(with = "version_number")]
    version: Version,
    time: Timestamp,
    /// Events of before the first trace have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
    #[serde(flatten)]
    data: EventData,
}

impl DomainEvent {
    pub(crate) fn new(aggregate: Aggregate, version: Version, time: Timestamp, data: EventData) -> Self {
        Self { id: EventId::derive(aggregate, version, data.name()), aggregate, version, time, trace_id: None, data }
    }

    /// The same event with the trace of the request that decided it.
    #[must_use]
    pub fn with_trace(self, trace_id: Option<TraceId>) -> Self {
        Self { trace_id, ..self }
    }

    /// The event's id: the same for every delivery.
    #[must_use]
    pub fn id(&self) -> EventId {
        self.id
    }

    /// Which event this is.
    #[must_use]
    pub fn name(&self) -> EventName {
        self.data.name()
    }

    /// Whose state changed.
    #[must_use]
    pub fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    /// The aggregate's version after the write.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// When the table took the write, to the second.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The trace of the request that decided it, if that is known.
    #[must_use]
    pub fn trace(&self) -> Option<TraceId> {
        self.trace_id
    }

    /// The facts.
    #[must_use]
    pub fn data(&self) -> &EventData {
        &self.data
    }
}

/// An event as the bus delivers it to a function; of the bus's own envelope nothing is needed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Delivery {
    /// The event.
    pub detail: DomainEvent,
}

mod version_number {
    use holdfast_domain::Version;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
        version.number().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        u64::deserialize(deserializer).map(Version::from_number)
    }
}
