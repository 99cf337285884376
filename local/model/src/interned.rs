//! Values that are kept once: a state of the model holds pointers to them, so that it is small, and compared and hashed at once.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::ptr;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A value that is kept once, for as long as the process runs.
pub(crate) struct Kept<T: 'static>(&'static T);

/// What may be kept.
pub(crate) trait Keep: Eq + Hash + Send + Sync + 'static {}

impl<T: Eq + Hash + Send + Sync + 'static> Keep for T {}

type Sets = HashMap<TypeId, Box<dyn Any + Send>>;
static SHARED: LazyLock<Mutex<Sets>> = LazyLock::new(Mutex::default);

thread_local! {
    static OWN: RefCell<HashMap<TypeId, Box<dyn Any>>> = RefCell::default();
}

impl<T: Keep> Kept<T> {
    /// The one that equals `value`.
    pub(crate) fn new(value: T) -> Self {
        OWN.with_borrow_mut(|own| {
            let own = own.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(HashSet::<&'static T>::new()));
            let own = own.downcast_mut::<HashSet<&'static T>>().expect("the set of its type");
            if let Some(kept) = own.get(&value) {
                return Self(kept);
            }
            let kept = shared(value);
            own.insert(kept);
            Self(kept)
        })
    }
}

fn shared<T: Keep>(value: T) -> &'static T {
    let mut sets = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let set = sets.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(HashSet::<&'static T>::new()));
    let set = set.downcast_mut::<HashSet<&'static T>>().expect("the set of its type");
    if let Some(kept) = set.get(&value) {
        return kept;
    }
    let kept: &'static T = Box::leak(Box::new(value));
    set.insert(kept);
    kept
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
