//! The tests that need a running stack, in one program, so that they are linked once.

mod accounts;
mod authorization;
mod deletion;
mod distribution;
mod edge;
mod expiry;
mod limits;
mod mails;
mod observe;
mod orders;
mod pages;
mod payments;
mod privacy;
mod refunds;
mod samples;
mod sessions;
mod stuck;
mod template;
mod tickets;
mod twice;
mod webhooks;
