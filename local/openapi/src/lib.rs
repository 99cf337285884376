#![doc = include_str!("../README.md")]

mod document;
mod operation;
mod operations;
mod parameters;
mod reference;

pub use document::document;
pub use reference::reference;

#[cfg(test)]
mod tests;
