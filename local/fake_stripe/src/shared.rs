//! What all connections of a server share.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use crate::faults::{Faults, Operation};
use crate::ledger::Ledger;
use crate::options::Options;
use crate::state::State;
use crate::webhooks::{Parcel, Post};

/// The account and everything that is done with it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) parcels: UnboundedSender<Parcel>,
    inner: Mutex<Inner>,
}

/// What only one request at a time may touch.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) state: State,
    pub(crate) faults: Faults,
    pub(crate) requests: BTreeMap<Operation, u64>,
    pub(crate) post: Post,
}

impl Shared {
    pub(crate) fn new(options: Options, state: State, parcels: UnboundedSender<Parcel>) -> Self {
        let post = Post::default();
        let inner = Inner { state, faults: Faults::default(), requests: BTreeMap::new(), post };
        Self { options, parcels, inner: Mutex::new(inner) }
    }

    /// The lock is never held across an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let inner = self.lock();
        Ledger::of(&inner.state, &inner.requests)
    }

    /// Writes down what a request has changed and sends off what has happened.
    pub(crate) fn commit(&self, inner: &mut Inner) -> std::io::Result<()> {
        let fresh = inner.state.commit()?;
        for id in fresh {
            let Some(event) = inner.state.event(&id) else { continue };
            let wanted = self.options.webhook_url.is_some() && self.options.webhook_events.contains(&event.kind);
            let (delivery, parcels) = inner.post.accept(&id, wanted);
            inner.state.put_delivery(&id, delivery);
            for parcel in parcels {
                // The receiver lives as long as the server.
                drop(self.parcels.send(parcel));
            }
        }
        inner.state.commit().map(drop)
    }
}
