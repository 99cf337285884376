//! The turnstile: an actor passes it once before each call to the table or to Stripe, when it is told to.
//!
//! So one actor runs at a time, which one is decided by the seed, and an actor that is never told again has died there:
//! after its last call, before the next.

use std::fmt;

use tokio::sync::{mpsc, oneshot};

/// Which actor.
pub(crate) type ActorId = usize;

/// What the turnstile tells an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Make the call.
    Go,
    /// Make the call, and lose its answer.
    LoseAnswer,
}

/// What the history hears of an actor.
#[derive(Debug)]
pub(crate) enum Heard {
    /// It waits before a call.
    Waits(ActorId, oneshot::Sender<Turn>),
    /// It has ended, as told.
    Ended(ActorId, String),
}

/// An actor's way to the turnstile.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) actor: ActorId,
    pub(crate) hears: mpsc::UnboundedSender<Heard>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate({})", self.actor)
    }
}

tokio::task_local! {
    /// The actor that runs; calls outside of any pass freely.
    pub(crate) static GATE: Gate;
}

/// Waits for the turn of the actor that runs.
pub(crate) async fn turn() -> Turn {
    let Ok(gate) = GATE.try_with(Clone::clone) else {
        return Turn::Go;
    };
    let (sender, told) = oneshot::channel();
    if gate.hears.send(Heard::Waits(gate.actor, sender)).is_err() {
        return std::future::pending().await;
    }
    match told.await {
        Ok(turn) => turn,
        // Nobody will ever say: the process has died.
        Err(_) => std::future::pending().await,
    }
}
