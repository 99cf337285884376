#![doc = include_str!("../README.md")]

mod binaries;
mod browser;
mod cli;
mod console;
mod deployment;
mod dev;
mod edge;
mod emulator;
mod environment;
mod event;
mod files;
mod http;
mod interrupt;
mod packages;
mod process;
mod project;
mod python;
mod record;
mod report;
mod seed;
mod stack;
mod stop;
mod test;
mod watch;

pub use cli::run;
