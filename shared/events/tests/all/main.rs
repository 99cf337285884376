//! The crate's contract: which writes are events, what is sent, and the schemas.
#![cfg(test)]

mod calls;
mod erasure_queue;
mod of_images;
mod properties;
mod render_queue;
mod samples;
mod schemas;
