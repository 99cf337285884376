//! What a buyer has bought: read for them alone.

use std::slice;

use holdfast_domain::{Credential, DisplayName, Order, OrderState, TicketState};

use crate::Market;
use crate::error::StoreError;
use crate::keys::{CREDENTIAL, DETAILS, LOCK};
use crate::tickets::TicketWithDetails;

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
        Ok(self.order_receipts(slice::from_ref(order)).await?.pop().flatten())
    }

    /// The receipts of several orders, in their order, with `None` for each that is not paid.
    ///
    /// # Errors
    /// As [`order_receipt`](Self::order_receipt).
    pub async fn order_receipts(&self, orders: &[Order]) -> Result<Vec<Option<Receipt>>, StoreError> {
        let tickets_of = |refunded| {
            let wanted = orders.iter().filter(|order| was_refunded(order) == Some(refunded));
            wanted.map(|order| order.ticket.id).collect::<Vec<_>>()
        };
        let mut found = self.tickets_with(&tickets_of(false), &[LOCK, DETAILS, CREDENTIAL]).await?;
        found.extend(self.tickets_show(&tickets_of(true)).await?);
        orders.iter().map(|order| was_refunded(order).map(|_| receipt(order, &found)).transpose()).collect()
    }
}

/// Whether the money of a paid order was given back; `None` for an order that is not paid.
fn was_refunded(order: &Order) -> Option<bool> {
    match &order.state {
        OrderState::Paid { refunded_at, .. } => Some(refunded_at.is_some()),
        OrderState::AwaitingPayment { .. }
        | OrderState::Capturing { .. }
        | OrderState::Cancelled { .. }
        | OrderState::Expired { .. } => None,
    }
}

fn receipt(order: &Order, found: &[TicketWithDetails]) -> Result<Receipt, StoreError> {
    let is_sold_to_order = |state| match state {
        TicketState::Sold(sale) => (sale.order, sale.buyer, sale.number) == (order.id, order.buyer, order.hold),
        TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) => false,
    };
    let found = found.iter().find(|found| found.ticket.id == order.ticket.id && is_sold_to_order(found.ticket.state));
    let found = found.ok_or_else(|| StoreError::corrupt("the ticket of a paid order is not sold to it"))?;
    Ok(Receipt { seller_name: found.details.seller_name.clone(), credential: found.credential.clone() })
}
