#![doc = include_str!("../README.md")]

mod place;
mod wire;

use holdfast_domain::{Timestamp, UserId};
use holdfast_http_api::wire::OwnTicketBody;
use holdfast_http_api::{ApiError, Gate, Problem, Reply, Request, json};
use holdfast_runtime::now;
use holdfast_store::{Account, Accounts, Market, OwnerCursor, StoreError};

use crate::place::Place;
pub use crate::wire::ExportBody;
use crate::wire::{AccountBody, ExportedOrderBody};

/// Tickets or orders of one page: all of a page's items are read at once, and an answer stays far from what Lambda
/// allows even if every ticket has the longest description.
const PAGE: u32 = 25;

/// What the route works with.
#[derive(Debug)]
pub struct App {
    /// Proves who asks.
    pub gate: Gate,
    /// Knows their address.
    pub accounts: Accounts,
    /// Knows what they sell and have bought.
    pub market: Market,
}

/// Answers one page of what is kept about whoever asks.
///
/// # Errors
/// 400 `bad-query`, 401, or an outage.
pub async fn handle(app: &App, request: Request) -> Result<Reply, ApiError> {
    let now = now();
    let principal = app.gate.principal(&request, now).await?;
    let place = place::asked(&request)?;
    let account = app.accounts.account_read(principal.user).await?;
    let account = account.ok_or_else(|| Problem::no_session("Sign in again: this account is gone."))?;
    Ok(json(200, &page(&app.market, &account, place, now).await?))
}

async fn page(market: &Market, account: &Account, place: Place, now: Timestamp) -> Result<ExportBody, StoreError> {
    let mut body = ExportBody::of(AccountBody::from(account));
    let next = match place {
        Place::Tickets(after) => {
            let page = market.ticket_list_by_seller(account.id, PAGE, after).await?;
            body.tickets = page.items.iter().map(|ticket| OwnTicketBody::new(ticket, now)).collect();
            Some(page.next.map_or(Place::Orders(None), |after| Place::Tickets(Some(after))))
        }
        Place::Orders(after) => {
            let (orders, next) = orders(market, account.id, after).await?;
            body.orders = orders;
            next.map(|after| Place::Orders(Some(after)))
        }
    };
    body.next = next.map(|place| place.to_string());
    Ok(body)
}

async fn orders(
    market: &Market,
    buyer: UserId,
    after: Option<OwnerCursor>,
) -> Result<(Vec<ExportedOrderBody>, Option<OwnerCursor>), StoreError> {
    let page = market.order_list_by_buyer(buyer, PAGE, after).await?;
    let receipts = market.order_receipts(&page.items).await?;
    let orders = page.items.iter().zip(receipts).map(|(order, receipt)| ExportedOrderBody::new(order, receipt));
    Ok((orders.collect(), page.next))
}

#[cfg(test)]
mod tests;
