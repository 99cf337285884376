//! The ticket: the lock that decides who holds, who bought and who was too late.
//!
//! ```text
//! Listed ──hold──► Held ──commit──► Committed ──sell──► Sold
//!    ▲              │ │ take-over once expires_at has passed
//!    └──release─────┘ └──► Held by another order
//! ```
//! Every transition consumes the ticket and gives the next one or says why not. The store writes the same transitions
//! as conditional updates; when a condition fails it hands the image it lost to back to these functions for the reason.

use crate::fault::{self, Fault};
use crate::ids::{OrderId, TicketId, UserId};
use crate::money::Price;
use crate::text::{Title, Venue};
use crate::timestamp::Timestamp;

/// Counts the writes of one item: 1 when it is created, one more with each write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a new item.
    pub const FIRST: Self = Self(1);

    /// Wraps a stored number.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The version after one more write.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The ticket's version as set by the write that took the hold. It tells two holds of one order apart, so that a
/// payment for an earlier one cannot buy at an earlier price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldNumber(u64);

impl HoldNumber {
    /// Wraps a stored number.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// What a seller says of a ticket and a buyer's order keeps: everything on the lock that is not its state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TicketFacts {
    /// The title.
    pub title: Title,
    /// What it costs.
    pub price: Price,
    /// Where, if said.
    pub venue: Option<Venue>,
    /// When the event begins, if said.
    pub starts_at: Option<Timestamp>,
}

/// An order's hold on a ticket: a lease that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The order that holds.
    pub order: OrderId,
    /// Who placed it.
    pub buyer: UserId,
    /// Which hold this is.
    pub number: HoldNumber,
    /// From this moment another order may take over.
    pub expires_at: Timestamp,
    /// Whether the one extension was used.
    pub extended: bool,
}

/// A decided sale whose payment is being captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The order that buys.
    pub order: OrderId,
    /// Who buys.
    pub buyer: UserId,
    /// The hold that was committed.
    pub number: HoldNumber,
}

/// A finished sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sale {
    /// The order that bought.
    pub order: OrderId,
    /// Who bought.
    pub buyer: UserId,
    /// The hold that was committed.
    pub number: HoldNumber,
    /// When the sale was recorded.
    pub sold_at: Timestamp,
}

/// Where a ticket is on its way from seller to buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketState {
    /// On the market.
    Listed,
    /// Taken off the market for an order.
    Held(Hold),
    /// Sold to an order whose payment is being captured.
    Committed(Claim),
    /// Sold.
    Sold(Sale),
}

/// A ticket, as its lock item says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// The ticket's id.
    pub id: TicketId,
    /// Who lists it.
    pub seller: UserId,
    /// What it is.
    pub facts: TicketFacts,
    /// When it was listed first.
    pub created_at: Timestamp,
    /// How often the lock was written.
    pub version: Version,
    /// Who may have it.
    pub state: TicketState,
}

/// What an order asks of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HoldRequest {
    /// The order that wants the ticket.
    pub order: OrderId,
    /// Who placed it.
    pub buyer: UserId,
    /// The moment of asking.
    pub now: Timestamp,
    /// How long the hold lasts.
    pub expires_at: Timestamp,
}

/// Why a ticket was not held.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HoldLost {
    /// Nobody buys from themselves.
    #[error("the ticket is the buyer's own")]
    OwnTicket,
    /// Another order holds it.
    #[error("another order holds the ticket")]
    HeldByAnother,
    /// It is sold, or its sale is decided.
    #[error("the ticket is sold")]
    Sold,
    /// This very order holds it already, run out or not: go on with that hold.
    #[error("the order holds the ticket already")]
    AlreadyMine(Hold),
}

/// Why a hold was not released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ReleaseLost {
    /// The order's hold is not there any more: released, taken over or taken anew.
    #[error("the hold is gone")]
    Gone,
    /// The order has bought the ticket; its payment is being captured.
    #[error("the ticket is committed to the order")]
    CommittedToOrder,
    /// The order has bought the ticket.
    #[error("the ticket is sold to the order")]
    SoldToOrder,
}

/// Why a hold was not released for having run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ReleaseExpiredLost {
    /// The hold lasts until the given moment: it was extended, or the caller is early.
    #[error("the hold has not run out")]
    NotRunOut(Timestamp),
    /// It cannot be released at all.
    #[error(transparent)]
    Release(ReleaseLost),
}

/// Why a hold was not extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ExtendLost {
    /// The one extension was used: go on with this hold.
    #[error("the hold was extended already")]
    AlreadyExtended(Hold),
    /// The hold has run out.
    #[error("the hold has run out")]
    RunOut,
    /// The order's hold is not there any more.
    #[error("the hold is gone")]
    Gone,
}

/// Why a ticket was not committed to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CommitLost {
    /// This order's commit won already: that is success.
    #[error("the ticket is committed to the order already")]
    AlreadyMine,
    /// The sale to this order is recorded already.
    #[error("the ticket is sold to the order already")]
    SoldToOrder,
    /// The order's hold is not there any more.
    #[error("the hold is gone")]
    Gone,
}

/// Why a sale was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SellLost {
    /// Recorded already: that is success.
    #[error("the ticket is sold to the order already")]
    AlreadyMine,
    /// The order's claim is not there.
    #[error("the ticket is not committed to the order")]
    NotCommitted,
}

impl Ticket {
    /// A ticket that its seller puts on the market at `now`.
    #[must_use]
    pub fn list(id: TicketId, seller: UserId, facts: TicketFacts, now: Timestamp) -> Self {
        Self { id, seller, facts, created_at: now, version: Version::FIRST, state: TicketState::Listed }
    }

    fn becomes(self, state: TicketState) -> Self {
        Self { version: self.version.next(), state, ..self }
    }

    /// Whether `order` holds the ticket by hold `number`: `H(X,h)` of the protocol.
    fn hold_of(&self, order: OrderId, number: HoldNumber) -> Option<Hold> {
        match self.state {
            TicketState::Held(hold) if hold.order == order && same_hold(hold.number, number) => Some(hold),
            TicketState::Held(_) | TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
        }
    }

    /// Whether a release would take the hold of another order for its own: never, but for the faults.
    fn is_anybodys(&self, number: HoldNumber) -> bool {
        match self.state {
            TicketState::Held(hold) => {
                fault::present(Fault::ReleaseOfAnybody)
                    || (fault::present(Fault::ReleaseByNumberAlone) && hold.number == number)
            }
            TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => false,
        }
    }

    /// Takes the ticket for an order: when it is listed, or when another order's hold has run out. An order does not
    /// take over from itself, so that no hold is renewed for ever.
    ///
    /// # Errors
    /// [`HoldLost`] says who has it; [`HoldLost::AlreadyMine`] is success for a retry.
    pub fn hold(self, request: HoldRequest) -> Result<Self, HoldLost> {
        if self.seller == request.buyer {
            return Err(HoldLost::OwnTicket);
        }
        match self.state {
            TicketState::Listed => {}
            TicketState::Held(hold) if hold.order == request.order && !may_take_over_from_itself(hold, request.now) => {
                return Err(HoldLost::AlreadyMine(hold));
            }
            TicketState::Held(hold) if hold.expires_at <= request.now => {}
            TicketState::Held(_) => return Err(HoldLost::HeldByAnother),
            TicketState::Committed(_) | TicketState::Sold(_) => return Err(HoldLost::Sold),
        }
        let hold = Hold {
            order: request.order,
            buyer: request.buyer,
            number: HoldNumber(self.version.next().0),
            expires_at: request.expires_at,
            extended: false,
        };
        Ok(self.becomes(TicketState::Held(hold)))
    }

    /// Puts the ticket back on the market for the order that holds it.
    ///
    /// # Errors
    /// [`ReleaseLost`] when that hold is not there.
    pub fn release(self, order: OrderId, number: HoldNumber) -> Result<Self, ReleaseLost> {
        if self.hold_of(order, number).is_some() || self.is_anybodys(number) {
            return Ok(self.becomes(TicketState::Listed));
        }
        match self.state {
            TicketState::Committed(claim) if claim.order == order => Err(ReleaseLost::CommittedToOrder),
            TicketState::Sold(sale) if sale.order == order => Err(ReleaseLost::SoldToOrder),
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) | TicketState::Sold(_) => {
                Err(ReleaseLost::Gone)
            }
        }
    }

    /// Puts the ticket back on the market because the hold has run out by the *ticket's* own expiry.
    ///
    /// # Errors
    /// [`ReleaseExpiredLost`] when that hold is not there or lasts longer.
    pub fn release_expired(
        self,
        order: OrderId,
        number: HoldNumber,
        now: Timestamp,
    ) -> Result<Self, ReleaseExpiredLost> {
        match self.hold_of(order, number) {
            Some(hold) if hold.expires_at > now && !fault::present(Fault::ExpiryOfOrder) => {
                Err(ReleaseExpiredLost::NotRunOut(hold.expires_at))
            }
            Some(_) | None => self.release(order, number).map_err(ReleaseExpiredLost::Release),
        }
    }

    /// Moves the end of the hold to `expires_at`, once.
    ///
    /// # Errors
    /// [`ExtendLost`]; [`ExtendLost::AlreadyExtended`] is success for a retry.
    pub fn extend(
        self,
        order: OrderId,
        number: HoldNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Self, ExtendLost> {
        let hold = self.hold_of(order, number).ok_or(ExtendLost::Gone)?;
        if hold.extended && !fault::present(Fault::ExtendedAgain) {
            Err(ExtendLost::AlreadyExtended(hold))
        } else if hold.expires_at <= now {
            Err(ExtendLost::RunOut)
        } else {
            Ok(self.becomes(TicketState::Held(Hold { expires_at, extended: true, ..hold })))
        }
    }

    /// Decides the sale for the order that holds the ticket, run out or not: the buyer who paid gets it.
    ///
    /// # Errors
    /// [`CommitLost`]; [`CommitLost::AlreadyMine`] is success for a retry.
    pub fn commit(self, order: OrderId, number: HoldNumber) -> Result<Self, CommitLost> {
        if let Some(hold) = self.hold_of(order, number) {
            let claim = Claim { order, buyer: hold.buyer, number };
            return Ok(self.becomes(TicketState::Committed(claim)));
        }
        match self.state {
            TicketState::Committed(claim) if claim.order == order && same_hold(claim.number, number) => {
                if fault::present(Fault::CommitForgotten) {
                    Err(CommitLost::Gone)
                } else {
                    Err(CommitLost::AlreadyMine)
                }
            }
            TicketState::Sold(sale) if sale.order == order => Err(CommitLost::SoldToOrder),
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) | TicketState::Sold(_) => {
                Err(CommitLost::Gone)
            }
        }
    }

    /// Records the sale once the payment is captured.
    ///
    /// # Errors
    /// [`SellLost`]; [`SellLost::AlreadyMine`] is success for a retry.
    pub fn sell(self, order: OrderId, number: HoldNumber, now: Timestamp) -> Result<Self, SellLost> {
        match self.state {
            TicketState::Committed(claim) if claim.order == order && same_hold(claim.number, number) => {
                let sale = Sale { order, buyer: claim.buyer, number, sold_at: now };
                Ok(self.becomes(TicketState::Sold(sale)))
            }
            TicketState::Sold(sale) if sale.order == order => Err(SellLost::AlreadyMine),
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) | TicketState::Sold(_) => {
                Err(SellLost::NotCommitted)
            }
        }
    }

    /// Puts the ticket back on the market because its payment was voided: from held or committed.
    ///
    /// # Errors
    /// [`ReleaseLost`] when the ticket is neither held by nor committed to that order and hold.
    pub fn release_voided(self, order: OrderId, number: HoldNumber) -> Result<Self, ReleaseLost> {
        match self.state {
            TicketState::Committed(claim) if claim.order == order && same_hold(claim.number, number) => {
                Ok(self.becomes(TicketState::Listed))
            }
            TicketState::Listed | TicketState::Held(_) | TicketState::Committed(_) | TicketState::Sold(_) => {
                self.release(order, number)
            }
        }
    }

    /// Changes what the seller says of the ticket; only while it is listed.
    ///
    /// # Errors
    /// The ticket unchanged, when it is not listed.
    pub fn change(self, facts: TicketFacts) -> Result<Self, Box<Self>> {
        match self.state {
            TicketState::Listed => Ok(Self { version: self.version.next(), facts, ..self }),
            TicketState::Held(_) | TicketState::Committed(_) | TicketState::Sold(_) => Err(Box::new(self)),
        }
    }

    /// Whether a buyer could hold the ticket at `now`: listed, or held by a hold that has run out.
    #[must_use]
    pub fn is_on_market(&self, now: Timestamp) -> bool {
        match self.state {
            TicketState::Listed => true,
            TicketState::Held(hold) => hold.expires_at <= now,
            TicketState::Committed(_) | TicketState::Sold(_) => false,
        }
    }
}

/// Whether two numbers are of one hold.
pub(crate) fn same_hold(one: HoldNumber, other: HoldNumber) -> bool {
    one == other || fault::present(Fault::NoHoldNumber)
}

/// Never, but for the fault: an order's own hold is gone on with, run out or not.
fn may_take_over_from_itself(hold: Hold, now: Timestamp) -> bool {
    hold.expires_at <= now && fault::present(Fault::TakeOverFromItself)
}

#[cfg(test)]
mod tests;
