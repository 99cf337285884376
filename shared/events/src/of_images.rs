//! Events from the images of an item before and after one write.

use holdfast_domain::{Order, OrderId, OrderState, Ticket, TicketState, Timestamp, UserId};

use crate::event::{
    Aggregate, DomainEvent, EventData, HoldExtended, OrderClosed, OrderPaid, OrderPlaced, OrderRefunded, TicketDeleted,
    TicketOffer, TicketReleased, TicketSold,
};

impl DomainEvent {
    /// What one write of a ticket's lock means; `time` is the record's own, so that a second reading gives the same.
    #[must_use]
    pub fn of_ticket(old: Option<&Ticket>, new: Option<&Ticket>, time: Timestamp) -> Option<Self> {
        let (ticket, version, data) = match (old, new) {
            (None, None) => return None,
            (None, Some(new)) => (new, new.version, EventData::TicketListed(offer(new))),
            (Some(old), None) => {
                (old, old.version.next(), EventData::TicketDeleted(TicketDeleted { seller: old.seller }))
            }
            (Some(old), Some(new)) => (new, new.version, ticket_transition(old, new)?),
        };
        Some(Self::new(Aggregate::Ticket(ticket.id), version, time, data))
    }

    /// What one write of an order means; `time` is the record's own, so that a second reading gives the same.
    #[must_use]
    pub fn of_order(old: Option<&Order>, new: Option<&Order>, time: Timestamp) -> Option<Self> {
        let new = new?;
        let data = match old {
            None => EventData::OrderPlaced(OrderPlaced {
                buyer: new.buyer,
                ticket: new.ticket.id,
                price: new.ticket.facts.price.into(),
                expires_at: new.expires_at,
            }),
            Some(old) => order_transition(old, new)?,
        };
        Some(Self::new(Aggregate::Order(new.id), new.version, time, data))
    }
}

fn ticket_transition(old: &Ticket, new: &Ticket) -> Option<EventData> {
    match new.state {
        TicketState::Listed => match old.state {
            TicketState::Listed => (old.version != new.version).then(|| EventData::TicketChanged(offer(new))),
            TicketState::Held(hold) => Some(released(hold.order, hold.buyer)),
            TicketState::Committed(claim) => Some(released(claim.order, claim.buyer)),
            // Sold is final: no code writes this.
            TicketState::Sold(_) => None,
        },
        // Taken, taken over, extended or committed: the order's events tell of it.
        TicketState::Held(_) | TicketState::Committed(_) => None,
        TicketState::Sold(sale) => match old.state {
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => {
                Some(EventData::TicketSold(TicketSold {
                    seller: new.seller,
                    order: sale.order,
                    buyer: sale.buyer,
                    price: new.facts.price.into(),
                    sold_at: sale.sold_at,
                }))
            }
            TicketState::Sold(_) => None,
        },
    }
}

fn order_transition(old: &Order, new: &Order) -> Option<EventData> {
    let closed = |closed_at| OrderClosed { buyer: new.buyer, ticket: new.ticket.id, closed_at };
    match &new.state {
        OrderState::AwaitingPayment { .. } => {
            let extended = HoldExtended { buyer: new.buyer, ticket: new.ticket.id, expires_at: new.expires_at };
            (old.expires_at != new.expires_at).then_some(EventData::HoldExtended(extended))
        }
        OrderState::Capturing { .. } => None,
        OrderState::Paid { refunded_at: Some(refunded_at), .. } if old.is_final() => {
            let refunded = OrderRefunded {
                buyer: new.buyer,
                ticket: new.ticket.id,
                price: new.ticket.facts.price.into(),
                refunded_at: *refunded_at,
            };
            (!is_refunded(old)).then_some(EventData::OrderRefunded(refunded))
        }
        // Later writes of a final order, such as the removal of its place in the sweep's index, are no news.
        OrderState::Paid { .. } | OrderState::Cancelled { .. } | OrderState::Expired { .. } if old.is_final() => None,
        OrderState::Paid { paid_at, .. } => Some(EventData::OrderPaid(OrderPaid {
            buyer: new.buyer,
            ticket: new.ticket.id,
            price: new.ticket.facts.price.into(),
            paid_at: *paid_at,
        })),
        OrderState::Cancelled { closed_at, .. } => Some(EventData::OrderCancelled(closed(*closed_at))),
        OrderState::Expired { closed_at, .. } => Some(EventData::OrderExpired(closed(*closed_at))),
    }
}

fn is_refunded(order: &Order) -> bool {
    matches!(order.state, OrderState::Paid { refunded_at: Some(_), .. })
}

fn offer(ticket: &Ticket) -> TicketOffer {
    let facts = &ticket.facts;
    TicketOffer {
        seller: ticket.seller,
        title: facts.title.as_str().to_owned(),
        price: facts.price.into(),
        venue: facts.venue.as_ref().map(|venue| venue.as_str().to_owned()),
        starts_at: facts.starts_at,
        created_at: ticket.created_at,
    }
}

fn released(order: OrderId, buyer: UserId) -> EventData {
    EventData::TicketReleased(TicketReleased { order, buyer })
}
