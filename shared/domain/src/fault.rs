//! The faults of the protocol's first draft, each of which the exhaustive model must find once it is put back.
//!
//! Without the feature `faults`, which no function enables, [`present`] is the constant `false` and nothing can put one back.

/// A correction that can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 1: the order is marked expired before its ticket is released.
    OrderBeforeTicket,
    /// 2: holds have no number, so that two holds of one order look the same.
    NoHoldNumber,
    /// 3: the order's copy of the expiry decides.
    ExpiryOfOrder,
    /// 4: the moment is taken after the payment was read.
    MomentAfterPayment,
    /// 5: an order may take over from itself.
    TakeOverFromItself,
    /// 5: a hold may be extended again and again.
    ExtendedAgain,
    /// 6: the sweep does not look at holds without a live order.
    NoSweepOfHolds,
    /// 7: an order that closes with an open payment is not looked at any more.
    DueDroppedOnClosing,
    /// 8: a commit that is tried again takes its own success for a loss.
    CommitForgotten,
    /// 9: an authorisation that vanished while capturing has no row.
    NoRowForVanished,
    /// 10: what is recorded on an order has no condition.
    UnconditionalRecord,
    /// 10: the payment's id is stored without a condition.
    UnconditionalIntent,
    /// 10: the payment that was made is given out, whatever is stored.
    SecretBeforeStored,
    /// 11: a release asks neither for the order nor for its hold.
    ReleaseOfAnybody,
    /// 11, to the letter: a release asks for the hold's number, and not for its order.
    ReleaseByNumberAlone,
}

/// Whether the fault is put back.
#[cfg(not(feature = "faults"))]
#[inline]
#[must_use]
pub const fn present(_fault: Fault) -> bool {
    false
}

#[cfg(feature = "faults")]
pub use switch::{present, with};

#[cfg(feature = "faults")]
mod switch {
    use std::cell::Cell;

    use super::Fault;

    thread_local! {
        static PRESENT: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// Whether the fault is put back on this thread.
    #[must_use]
    pub fn present(fault: Fault) -> bool {
        PRESENT.get() == Some(fault)
    }

    /// Does something on this thread with a fault put back, or with none.
    pub fn with<T>(fault: Option<Fault>, act: impl FnOnce() -> T) -> T {
        let before = PRESENT.replace(fault);
        let done = act();
        PRESENT.set(before);
        done
    }
}
