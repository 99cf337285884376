//! All operations, a file a subject.

mod accounts;
mod orders;
mod payments;
mod sessions;
mod tickets;

use crate::operation::Operation;

/// A subject: its name in the document, and its operations.
pub(crate) type Subject = (&'static str, Vec<Operation>);

/// Every operation of the API.
pub(crate) fn all() -> [Subject; 5] {
    [
        ("accounts", accounts::all()),
        ("sessions", sessions::all()),
        ("tickets", tickets::all()),
        ("orders", orders::all()),
        ("payments", payments::all()),
    ]
}
