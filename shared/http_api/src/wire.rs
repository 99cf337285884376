//! The shapes of the answers, shared by the routes that give them.

use holdfast_domain::limits::HOLD_GRACE;
use holdfast_domain::{Expiry, Order, OrderState, Price, SessionId, Ticket, TicketFacts, TicketState, Timestamp};
use holdfast_store::{Account, Receipt, Session, TicketWithDetails};
use serde::Serialize;

/// A person, to themselves. Without `Debug`: an address is not for logs.
#[derive(Serialize)]
pub struct UserBody {
    id: String,
    email: String,
    display_name: String,
    email_verified: bool,
}

impl From<&Account> for UserBody {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            email: account.email.as_str().to_owned(),
            display_name: account.display_name.as_str().to_owned(),
            email_verified: account.verified_at.is_some(),
        }
    }
}

/// A session, to the one whose it is.
#[derive(Debug, Serialize)]
pub struct SessionBody {
    id: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    current: bool,
    user_agent: Option<String>,
}

impl SessionBody {
    /// A session, as seen by a request with the session `current`.
    #[must_use]
    pub fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id.to_string(),
            created_at: session.created_at,
            expires_at: session.expires_at,
            current: session.id == current,
            user_agent: session.user_agent.clone(),
        }
    }
}

/// A price: minor units and an ISO 4217 code in lower case.
#[derive(Debug, Serialize)]
pub struct PriceBody {
    amount: u64,
    currency: &'static str,
}

impl From<Price> for PriceBody {
    fn from(price: Price) -> Self {
        Self { amount: price.amount(), currency: price.currency().code() }
    }
}

/// What everybody may know of a ticket's state: a hold that has run out shows as listed, a decided sale as sold.
#[must_use]
pub fn ticket_state(ticket: &Ticket, now: Timestamp) -> &'static str {
    match ticket.state {
        TicketState::Committed(_) | TicketState::Sold(_) => "sold",
        TicketState::Listed | TicketState::Held(_) if ticket.is_on_market(now) => "listed",
        TicketState::Listed | TicketState::Held(_) => "held",
    }
}

/// The facts of a ticket in every answer that shows one.
#[derive(Debug, Serialize)]
pub struct FactsBody {
    id: String,
    title: String,
    price: PriceBody,
    venue: Option<String>,
    starts_at: Option<Timestamp>,
}

impl FactsBody {
    fn new(id: String, facts: &TicketFacts) -> Self {
        Self {
            id,
            title: facts.title.as_str().to_owned(),
            price: facts.price.into(),
            venue: facts.venue.as_ref().map(|venue| venue.as_str().to_owned()),
            starts_at: facts.starts_at,
        }
    }
}

/// A ticket in a list: without its description.
#[derive(Debug, Serialize)]
pub struct TicketItemBody {
    #[serde(flatten)]
    facts: FactsBody,
    state: &'static str,
    created_at: Timestamp,
    version: u64,
}

impl TicketItemBody {
    /// A ticket as it shows at `now`.
    #[must_use]
    pub fn new(ticket: &Ticket, now: Timestamp) -> Self {
        Self {
            facts: FactsBody::new(ticket.id.to_string(), &ticket.facts),
            state: ticket_state(ticket, now),
            created_at: ticket.created_at,
            version: ticket.version.number(),
        }
    }
}

/// Who sells, as others see it.
#[derive(Debug, Serialize)]
pub struct SellerBody {
    display_name: String,
}

/// A ticket for anybody.
#[derive(Debug, Serialize)]
pub struct TicketBody {
    #[serde(flatten)]
    item: TicketItemBody,
    description: Option<String>,
    seller: SellerBody,
}

impl TicketBody {
    /// A ticket as it shows at `now`.
    #[must_use]
    pub fn new(shown: &TicketWithDetails, now: Timestamp) -> Self {
        Self {
            item: TicketItemBody::new(&shown.ticket, now),
            description: shown.details.description.as_ref().map(|text| text.as_str().to_owned()),
            seller: SellerBody { display_name: shown.details.seller_name.as_str().to_owned() },
        }
    }
}

/// A ticket for its owner.
#[derive(Debug, Serialize)]
pub struct OwnTicketBody {
    #[serde(flatten)]
    ticket: TicketBody,
    credential: Option<String>,
    sold_at: Option<Timestamp>,
}

impl OwnTicketBody {
    /// A ticket as it shows to its owner at `now`.
    #[must_use]
    pub fn new(shown: &TicketWithDetails, now: Timestamp) -> Self {
        let sold_at = match shown.ticket.state {
            TicketState::Sold(sale) => Some(sale.sold_at),
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => None,
        };
        Self {
            ticket: TicketBody::new(shown, now),
            credential: shown.credential.as_ref().map(|credential| credential.as_str().to_owned()),
            sold_at,
        }
    }
}

/// The card that paid.
#[derive(Debug, Serialize)]
pub struct CardBody {
    brand: String,
    last4: String,
}

/// An order for its buyer. Without `Debug`: what it may show admits whoever reads it.
#[derive(Serialize)]
pub struct OrderBody {
    id: String,
    ticket: FactsBody,
    state: &'static str,
    expires_at: Timestamp,
    created_at: Timestamp,
    closed_reason: Option<&'static str>,
    paid_at: Option<Timestamp>,
    card: Option<CardBody>,
    refunded_at: Option<Timestamp>,
    seller: Option<SellerBody>,
    credential: Option<String>,
}

impl From<&Order> for OrderBody {
    fn from(order: &Order) -> Self {
        let mut body = Self {
            id: order.id.to_string(),
            ticket: FactsBody::new(order.ticket.id.to_string(), &order.ticket.facts),
            state: "awaiting_payment",
            expires_at: shown_expiry(order),
            created_at: order.created_at,
            closed_reason: None,
            paid_at: None,
            card: None,
            refunded_at: None,
            seller: None,
            credential: None,
        };
        match &order.state {
            OrderState::AwaitingPayment { .. } => {}
            OrderState::Capturing { .. } => body.state = "capturing",
            OrderState::Paid { paid_at, card, refunded_at, .. } => {
                body.state = "paid";
                body.paid_at = Some(*paid_at);
                body.card =
                    card.as_ref().map(|card| CardBody { brand: card.brand().into(), last4: card.last4().into() });
                body.refunded_at = *refunded_at;
            }
            OrderState::Cancelled { .. } => (body.state, body.closed_reason) = ("cancelled", Some("cancelled")),
            OrderState::Expired { why, .. } => {
                let reason = match why {
                    Expiry::RanOut => "hold_ran_out",
                    Expiry::PaidTooLate => "paid_too_late",
                };
                (body.state, body.closed_reason) = ("expired", Some(reason));
            }
        }
        body
    }
}

impl OrderBody {
    /// An order with what its buyer has bought.
    #[must_use]
    pub fn with_receipt(order: &Order, receipt: Option<Receipt>) -> Self {
        let mut body = Self::from(order);
        if let Some(receipt) = receipt {
            body.seller = Some(SellerBody { display_name: receipt.seller_name.as_str().to_owned() });
            body.credential = receipt.credential.map(|credential| credential.as_str().to_owned());
        }
        body
    }
}

/// The end of the hold that the buyer is shown: a little before the ticket itself may be taken over.
#[must_use]
pub fn shown_expiry(order: &Order) -> Timestamp {
    order.expires_at.minus(HOLD_GRACE)
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct PageBody<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; null at the end.
    pub next: Option<String>,
}
