//! Confirming with the password what somebody does who has a session.

use holdfast_auth::{PasswordHash, verify_password};
use holdfast_domain::Timestamp;
use holdfast_store::{Account, Accounts};

use crate::gate::{Gate, Principal};
use crate::limiter::Limiter;
use crate::problem::{ApiError, Problem};

/// The caller's account; a session that outlived it is none.
///
/// # Errors
/// 401 `no-session`, or an outage.
pub async fn account_of(accounts: &Accounts, principal: &Principal) -> Result<(Account, PasswordHash), ApiError> {
    let gone = || Problem::no_session("There is no session, or it has ended.");
    let account = accounts.account_read(principal.user).await?.ok_or_else(gone)?;
    let found = accounts.account_by_email(&account.email).await?;
    Ok(found.filter(|(owner, _)| owner.id == principal.user).ok_or_else(gone)?)
}

/// Whether `text` is the caller's password. Costs a try, which comes back if it is.
///
/// # Errors
/// 429 `too-many-tries`, or an outage.
pub async fn is_password_of(
    gate: &Gate,
    limiter: &Limiter,
    principal: &Principal,
    text: &str,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let keys = gate.session_keys().await?;
    let taken = limiter.take_for_confirmation(&keys, principal.user, now).await?;
    let right = verify_password(text, Some(hash));
    if right {
        limiter.give_back(taken, now).await;
    }
    Ok(right)
}
