#![doc = include_str!("../README.md")]

mod binaries;
mod browser;
mod cli;
mod console;
mod deployment;
mod dev;
mod docker;
mod edge;
mod emulator;
mod environment;
mod event;
mod files;
mod histories;
mod http;
mod interrupt;
mod operator;
mod packages;
mod process;
mod project;
mod publish;
mod python;
mod record;
mod refund;
mod report;
mod sam_local;
mod secrets;
mod seed;
mod stack;
mod stop;
mod stripe;
mod terminal;
mod test;
mod timeline;
mod watch;

pub use cli::run;
