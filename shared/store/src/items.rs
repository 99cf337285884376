//! The lock item and the order item as they are stored, and the conversions to and from the domain.

use holdfast_domain::{
    Claim, Currency, Expiry, Filed, Hold, HoldNumber, Order, OrderId, OrderState, OrderTicket, PaidCard,
    PaymentIntentId, Price, Sale, Ticket, TicketFacts, TicketId, TicketState, Timestamp, Title, UserId, Venue, Version,
};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::keys::{self, Item};
use crate::trace;

/// The facts that ticket and order share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FactsItem {
    title: String,
    amount: u64,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    venue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredTicketState {
    Listed,
    Held,
    Committed,
    Sold,
}

impl StoredTicketState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Sold => "sold",
        }
    }
}

/// The lock: under 1 KB for any title and venue of up to 560 bytes together.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TicketItem {
    pk: String,
    sk: String,
    state: StoredTicketState,
    seller: UserId,
    #[serde(flatten)]
    facts: FactsItem,
    created_at: i64,
    version: u64,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredOrderState {
    AwaitingPayment,
    Capturing,
    Paid,
    Cancelled,
    Expired,
}

impl StoredOrderState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Capturing => "capturing",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OrderItem {
    pk: String,
    sk: String,
    state: StoredOrderState,
    ticket: TicketId,
    #[serde(flatten)]
    facts: FactsItem,
    hold: u64,
    expires_at: i64,
    created_at: i64,
    version: u64,
    owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_brand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_last4: Option<String>,
    /// Set on an order that expired because its payment came after another buyer's hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_too_late: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
}

pub(crate) fn moment(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millis(millis).map_err(StoreError::corrupt)
}

fn required<T>(value: Option<T>, name: &'static str) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::corrupt(format!("no attribute {name}")))
}

impl FactsItem {
    pub(crate) fn from_domain(facts: &TicketFacts) -> Self {
        Self {
            title: facts.title.as_str().to_owned(),
            amount: facts.price.amount(),
            currency: facts.price.currency(),
            venue: facts.venue.as_ref().map(|venue| venue.as_str().to_owned()),
            starts_at: facts.starts_at.map(Timestamp::as_millis),
        }
    }

    pub(crate) fn into_domain(self) -> Result<TicketFacts, StoreError> {
        Ok(TicketFacts {
            title: Title::parse(&self.title).map_err(StoreError::corrupt)?,
            price: Price::new(self.amount, self.currency).map_err(StoreError::corrupt)?,
            venue: self.venue.as_deref().map(Venue::parse).transpose().map_err(StoreError::corrupt)?,
            starts_at: self.starts_at.map(moment).transpose()?,
        })
    }
}

/// An item as it is put, with the trace of the request that decides so.
fn decided(item: impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(item).map_err(StoreError::corrupt)?;
    item.insert(trace::TRACE.to_owned(), trace::of_request());
    Ok(item)
}

/// The lock item of a ticket that is put on the market.
pub(crate) fn listed_item(ticket: &Ticket) -> Result<Item, StoreError> {
    decided(TicketItem {
        pk: keys::ticket_pk(ticket.id),
        sk: keys::LOCK.to_owned(),
        state: StoredTicketState::Listed,
        seller: ticket.seller,
        facts: FactsItem::from_domain(&ticket.facts),
        created_at: ticket.created_at.as_millis(),
        version: ticket.version.number(),
        owner: keys::ticket_owner(ticket.seller),
        order_id: None,
        buyer: None,
        hold: None,
        expires_at: None,
        extended: None,
        sold_at: None,
    })
}

/// Reads a lock item; `image` is of the SDK's or of a stream's type.
pub(crate) fn ticket_from<I: Into<serde_dynamo::Item>>(image: I) -> Result<Ticket, StoreError> {
    let item: TicketItem = serde_dynamo::from_item(image.into()).map_err(StoreError::corrupt)?;
    let holder = |item: &TicketItem| -> Result<(OrderId, UserId, HoldNumber), StoreError> {
        Ok((
            required(item.order_id, "order_id")?,
            required(item.buyer, "buyer")?,
            HoldNumber::from_number(required(item.hold, "hold")?),
        ))
    };
    let state = match item.state {
        StoredTicketState::Listed => TicketState::Listed,
        StoredTicketState::Held => {
            let (order, buyer, number) = holder(&item)?;
            let expires_at = moment(required(item.expires_at, "expires_at")?)?;
            TicketState::Held(Hold { order, buyer, number, expires_at, extended: required(item.extended, "extended")? })
        }
        StoredTicketState::Committed => {
            let (order, buyer, number) = holder(&item)?;
            TicketState::Committed(Claim { order, buyer, number })
        }
        StoredTicketState::Sold => {
            let (order, buyer, number) = holder(&item)?;
            TicketState::Sold(Sale { order, buyer, number, sold_at: moment(required(item.sold_at, "sold_at")?)? })
        }
    };
    Ok(Ticket {
        id: keys::parse_ticket_pk(&item.pk)?,
        seller: item.seller,
        facts: item.facts.into_domain()?,
        created_at: moment(item.created_at)?,
        version: Version::from_number(item.version),
        state,
    })
}

/// The item of a new order: awaiting payment, with its place in the sweep's index.
pub(crate) fn order_item(order: &Order) -> Result<Item, StoreError> {
    decided(OrderItem {
        pk: keys::order_pk(order.buyer),
        sk: keys::order_sk(order.id),
        state: StoredOrderState::AwaitingPayment,
        ticket: order.ticket.id,
        facts: FactsItem::from_domain(&order.ticket.facts),
        hold: order.hold.number(),
        expires_at: order.expires_at.as_millis(),
        created_at: order.created_at.as_millis(),
        version: order.version.number(),
        owner: keys::order_owner(order.buyer),
        intent: None,
        closed_at: None,
        paid_at: None,
        refunded_at: None,
        card_brand: None,
        card_last4: None,
        paid_too_late: None,
        due_shard: Some(keys::due_shard(order.id.as_uuid())),
        due_at: Some(order.expires_at.as_millis()),
    })
}

fn card_of(brand: Option<&str>, last4: Option<&str>) -> Result<Option<PaidCard>, StoreError> {
    brand.zip(last4).map(|(brand, last4)| PaidCard::parse(brand, last4).map_err(StoreError::corrupt)).transpose()
}

/// Reads an order item; `image` is of the SDK's or of a stream's type.
pub(crate) fn order_from<I: Into<serde_dynamo::Item>>(image: I) -> Result<Order, StoreError> {
    filed_from(image).map(|filed| filed.order)
}

/// Reads an order item with its place in the sweep's index.
pub(crate) fn filed_from<I: Into<serde_dynamo::Item>>(image: I) -> Result<Filed, StoreError> {
    let item: OrderItem = serde_dynamo::from_item(image.into()).map_err(StoreError::corrupt)?;
    let is_due = item.due_shard.is_some();
    let intent = item.intent.map(PaymentIntentId::from_stripe);
    let state = match item.state {
        StoredOrderState::AwaitingPayment => OrderState::AwaitingPayment { intent },
        StoredOrderState::Capturing => OrderState::Capturing { intent: required(intent, "intent")? },
        StoredOrderState::Paid => OrderState::Paid {
            intent: required(intent, "intent")?,
            paid_at: moment(required(item.paid_at, "paid_at")?)?,
            card: card_of(item.card_brand.as_deref(), item.card_last4.as_deref())?,
            refunded_at: item.refunded_at.map(moment).transpose()?,
        },
        StoredOrderState::Cancelled => {
            OrderState::Cancelled { closed_at: moment(required(item.closed_at, "closed_at")?)?, intent }
        }
        StoredOrderState::Expired => {
            let why = if item.paid_too_late == Some(true) { Expiry::PaidTooLate } else { Expiry::RanOut };
            OrderState::Expired { closed_at: moment(required(item.closed_at, "closed_at")?)?, intent, why }
        }
    };
    let (buyer, id) = keys::parse_order_key(&item.pk, &item.sk)?;
    let order = Order {
        id,
        buyer,
        ticket: OrderTicket { id: item.ticket, facts: item.facts.into_domain()? },
        hold: HoldNumber::from_number(item.hold),
        expires_at: moment(item.expires_at)?,
        created_at: moment(item.created_at)?,
        version: Version::from_number(item.version),
        state,
    };
    Ok(Filed { order, is_due })
}

#[cfg(test)]
mod tests;
