#![doc = include_str!("../README.md")]

mod binaries;
mod cli;
mod console;
mod deployment;
mod dev;
mod edge;
mod emulator;
mod files;
mod http;
mod interrupt;
mod process;
mod project;
mod python;
mod record;
mod seed;
mod stack;
mod stop;

pub use cli::run;
