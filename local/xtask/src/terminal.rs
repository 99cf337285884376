//! Questions whose answers are not to be seen.

use std::io::{IsTerminal as _, stdin};

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::console::text;
use crate::interrupt;

/// Longer than any key.
const MAX_BYTES: usize = 1024;
/// How soon an interruption is noticed.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Whether somebody can be asked.
pub(crate) fn is_there() -> bool {
    stdin().is_terminal()
}

/// Asks for a line without showing what is typed.
pub(crate) fn ask_secretly(question: &str) -> anyhow::Result<String> {
    text(&format!("{question}: "));
    let silence = Silence::begin()?;
    let answer = read_line();
    drop(silence);
    text("\n");
    answer
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silence {
    before: Termios,
}

impl Silence {
    fn begin() -> anyhow::Result<Self> {
        let before = tcgetattr(stdin()).context("the terminal cannot be read")?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Flush, &silent).context("the terminal cannot be silenced")?;
        Ok(Self { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Nothing better can be done than to try.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// Byte by byte, so that Ctrl-C is noticed while nothing is typed.
fn read_line() -> anyhow::Result<String> {
    let mut line = Vec::new();
    while line.len() < MAX_BYTES {
        interrupt::check()?;
        let input = stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        if !poll(&mut ready, Some(&LOOK)).is_ok_and(|count| count > 0) {
            continue;
        }
        let mut byte = [0];
        let read = rustix::io::read(&input, &mut byte).context("the terminal cannot be read")?;
        if read == 0 || byte == *b"\n" {
            break;
        }
        line.extend(byte);
    }
    let text = String::from_utf8(line).context("what was typed is no text")?;
    Ok(text.trim().to_owned())
}
