//! The store on a table: what each operation leaves behind, and every condition won and lost.
//!
//! `cargo xtask prove store` runs these on the emulator and on DynamoDB Local, AWS's own, on tables that are made from the
//! template. Moments lie ahead of the clock, so that no time to live has passed.

mod accounts;
mod cancel;
mod catalogue;
mod counting;
mod due;
mod erasing;
mod expire;
mod fixture;
mod links;
mod lock;
mod meter;
mod orders;
mod pages;
mod place;
mod receipts;
mod rules;
mod sessions;
mod tables;
mod tickets;
mod tries;
mod units;
