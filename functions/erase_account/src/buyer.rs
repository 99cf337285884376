//! What somebody has bought, or was about to buy.

use holdfast_domain::{Order, OrderState, Timestamp};
use holdfast_events::ErasureRequest;
use holdfast_store::{CancelOutcome, order_cancel};

use crate::{App, EraseError, Rest};

/// Orders of one run.
const PAGE: i32 = 25;

/// Cancels the open orders of a page, and forgets the cards of the paid ones. What stands beside orders goes with the
/// last page.
pub(crate) async fn page(app: &App, request: &ErasureRequest, now: Timestamp) -> Result<Rest, EraseError> {
    let after = request.after.as_deref().map(str::parse).transpose().map_err(|_| EraseError::Place)?;
    let page = app.market.order_list_all(request.user, PAGE, after).await?;
    let mut at_rest = true;
    for order in &page.orders {
        at_rest &= settled(app, order, now).await?;
    }
    if page.next.is_none() {
        at_rest &= app.market.beside_orders_delete(request.user).await?;
    }
    Ok(Rest { at_rest, next: page.next.map(|order| order.to_string()) })
}

/// Whether an order is at rest and names nothing of its buyer but their id.
async fn settled(app: &App, order: &Order, now: Timestamp) -> Result<bool, EraseError> {
    let (buyer, id) = (order.buyer, order.id);
    Ok(match &order.state {
        OrderState::AwaitingPayment { .. } => match order_cancel(&app.market, buyer, id, now).await? {
            CancelOutcome::Closed(_) | CancelOutcome::Absent => true,
            // Its payment has won: it will be paid, or come to nothing, before this comes again.
            CancelOutcome::Bought => false,
        },
        OrderState::Capturing { .. } => false,
        OrderState::Paid { card, .. } => {
            if card.is_some() {
                app.market.order_forget_card(buyer, id).await?;
            }
            true
        }
        OrderState::Cancelled { .. } | OrderState::Expired { .. } => true,
    })
}
