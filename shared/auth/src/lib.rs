#![doc = include_str!("../README.md")]

mod bucket;
mod cookie;
mod device;
mod keys;
mod link;
mod password;
#[cfg(test)]
mod properties;
mod token;

use std::time::Duration;

pub use bucket::BucketName;
pub use cookie::{
    carries_session_cookie, cleared_device_cookie, cleared_session_cookie, device_cookie, device_from_cookie_header,
    session_cookie, session_from_cookie_header,
};
pub use device::{Device, DeviceToken};
pub use keys::{InvalidSessionKeys, SessionKeys};
pub use link::{InvalidLinkToken, LinkHash, LinkToken, SecretError};
pub use password::{HashError, InvalidPassword, InvalidPasswordHash, Password, PasswordHash};
pub use password::{hash_password, verify_password};
pub use token::{Claims, InvalidToken, SessionToken};

/// How long a session lasts from sign-in: 14 days, whether it is used or not.
pub const SESSION_LIFE: Duration = Duration::from_hours(14 * 24);
/// How long a browser is known by which somebody has signed in: a year from the last time.
pub const DEVICE_LIFE: Duration = Duration::from_hours(365 * 24);
