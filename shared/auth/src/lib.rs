#![doc = include_str!("../README.md")]

mod cookie;
mod keys;
mod password;
mod token;

use std::time::Duration;

pub use cookie::{carries_session_cookie, cleared_session_cookie, session_cookie, session_from_cookie_header};
pub use keys::{InvalidSessionKeys, SessionKeys};
pub use password::{HashError, InvalidPassword, InvalidPasswordHash, Password, PasswordHash};
pub use password::{hash_password, verify_password};
pub use token::{Claims, InvalidToken, SessionToken};

/// How long a session lasts from sign-in: 14 days, whether it is used or not.
pub const SESSION_LIFE: Duration = Duration::from_hours(14 * 24);
