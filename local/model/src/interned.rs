//! Values that are kept once: a state of the model holds pointers to them, so that it is small, and compared and hashed at once.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::{array, fmt, ptr};

use ahash::RandomState;
use holdfast_domain::{Filed, Ticket};
use holdfast_store::CountedHold;

use crate::call::Answer;
use crate::protocol::Stray;
use crate::run::Run;

/// A value that is kept once, for as long as the process runs.
pub(crate) struct Kept<T: 'static>(&'static T);

/// What is kept.
pub(crate) trait Keep: Eq + Hash + Sized + 'static {
    fn all() -> &'static All<Self>;
}

macro_rules! keep {
    ($($kept:ty),+) => {
        $(impl Keep for $kept {
            fn all() -> &'static All<Self> {
                static ALL: LazyLock<All<$kept>> = LazyLock::new(All::default);
                &ALL
            }
        })+
    };
}

keep!(Answer, Filed, Run, Stray, String, Ticket, Vec<CountedHold>);

/// All values of a type that are kept.
pub(crate) struct All<T: 'static>(Sharded<HashSet<&'static T, RandomState>>);

impl<T> Default for All<T> {
    fn default() -> Self {
        Self(Sharded::default())
    }
}

/// So many locks, that threads seldom meet at one.
pub(crate) struct Sharded<S> {
    shards: [Mutex<S>; 64],
    hasher: RandomState,
}

impl<S: Default> Default for Sharded<S> {
    fn default() -> Self {
        Self { shards: array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<S> Sharded<S> {
    /// The shard of a value.
    pub(crate) fn of(&self, value: &impl Hash) -> &Mutex<S> {
        let hash = usize::try_from(self.hasher.hash_one(value)).unwrap_or_default();
        &self.shards[hash % self.shards.len()]
    }
}

impl<T: Keep> Kept<T> {
    /// The one that equals `value`.
    pub(crate) fn new(value: T) -> Self {
        let mut shard = T::all().0.of(&value).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = shard.get(&value) {
            return Self(kept);
        }
        let kept: &'static T = Box::leak(Box::new(value));
        shard.insert(kept);
        Self(kept)
    }
}

impl<T> Kept<T> {
    /// The value.
    pub(crate) fn get(self) -> &'static T {
        self.0
    }

    /// Where it stands: an order of such values that holds for as long as the process runs.
    pub(crate) fn place(self) -> usize {
        ptr::from_ref(self.0).addr()
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Kept<T> {}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.0, other.0)
    }
}

impl<T> Eq for Kept<T> {}

impl<T> Hash for Kept<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place().hash(state);
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
