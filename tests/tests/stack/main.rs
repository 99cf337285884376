//! The tests that need a running stack, in one program, so that they are linked once.

mod expiry;
mod orders;
mod race;
