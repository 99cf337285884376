//! What a buyer has bought: read for them alone.

use holdfast_domain::{Credential, DisplayName, Order, OrderState, TicketState};

use crate::Market;
use crate::error::StoreError;
use crate::keys::{CREDENTIAL, DETAILS, LOCK};

/// What belongs to a paid order beside the order itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The seller's name as shown to others.
    pub seller_name: DisplayName,
    /// What admits the buyer, if the seller has entered it; not after a refund.
    pub credential: Option<Credential>,
}

impl Market {
    /// The receipt of a paid order; `None` for an order that is not paid.
    ///
    /// The ticket itself must say that it is sold to this order and hold: a credential is never given on the order's
    /// word alone.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails; `Corrupt` when the ticket of a paid order is not sold to it.
    pub async fn order_receipt(&self, order: &Order) -> Result<Option<Receipt>, StoreError> {
        let OrderState::Paid { refunded_at, .. } = &order.state else {
            return Ok(None);
        };
        let parts: &[&str] = if refunded_at.is_some() { &[LOCK, DETAILS] } else { &[LOCK, DETAILS, CREDENTIAL] };
        let found = self.tickets_with(&[order.ticket.id], parts).await?.pop();
        let is_sold_to_order = |state| match state {
            TicketState::Sold(sale) => (sale.order, sale.buyer, sale.number) == (order.id, order.buyer, order.hold),
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => false,
        };
        match found {
            Some(found) if is_sold_to_order(found.ticket.state) => {
                Ok(Some(Receipt { seller_name: found.details.seller_name, credential: found.credential }))
            }
            Some(_) | None => Err(StoreError::corrupt("the ticket of a paid order is not sold to it")),
        }
    }
}
