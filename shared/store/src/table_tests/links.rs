//! Links in mails: each works once, and of each purpose the newest alone.

use std::time::Duration;

use holdfast_domain::{EmailAddress, MailPurpose};

use super::accounts::{account, accounts, by_email, hash, link, open};
use super::fixture::{at, key};
use crate::keys::n;
use crate::{Account, LinkState, LinkStored, LinkUseError};

const VERIFY: MailPurpose = MailPurpose::VerifyEmail;
const RESET: MailPurpose = MailPurpose::ResetPassword;

fn is_not_valid(used: &Result<(), LinkUseError>) -> bool {
    matches!(used, Err(LinkUseError::NotValid))
}

#[tokio::test]
async fn the_newest_link_of_a_purpose_works_as_long_as_it_lives() {
    let (accounts, table) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let (older, newer, same_moment) = (link(&anna), link(&anna), link(&anna));
    let store = |hash, minute| accounts.link_store(&anna, RESET, hash, at(minute));
    let read = |hash, now| accounts.link_read(anna.id, RESET, hash, now);
    assert_eq!(read(&newer, at(10)).await.unwrap(), None, "none is there");
    assert_eq!(store(&newer, 10).await.unwrap(), LinkStored::Yes);
    assert_eq!(store(&older, 9).await.unwrap(), LinkStored::Outdated);
    let end = at(10).plus(RESET.link_life());
    let almost = end.minus(Duration::from_millis(1));
    assert_eq!(read(&newer, almost).await.unwrap(), Some(LinkState::Open));
    assert_eq!(read(&newer, end).await.unwrap(), None);
    assert_eq!(read(&older, at(10)).await.unwrap(), None);
    assert_eq!(accounts.link_read(anna.id, VERIFY, &newer, at(10)).await.unwrap(), None, "for another purpose");
    let item = table.item(key(format!("L#reset_password#{}", anna.id))).await.unwrap();
    assert_eq!(item["ttl"], n(end.as_seconds()));
    assert_eq!(store(&same_moment, 10).await.unwrap(), LinkStored::Yes, "of two at one moment the later one");
    assert_eq!(read(&newer, at(10)).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_is_for_the_address_that_the_account_has() {
    let (accounts, _) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let moved = Account { email: EmailAddress::parse("other@tickets.example").unwrap(), ..anna.clone() };
    assert_eq!(accounts.link_store(&moved, VERIFY, &link(&anna), at(1)).await.unwrap(), LinkStored::Outdated);
    let nobody = account("nobody");
    assert_eq!(accounts.link_store(&nobody, VERIFY, &link(&nobody), at(1)).await.unwrap(), LinkStored::Outdated);
}

#[tokio::test]
async fn an_address_is_verified_once_on_both_items_and_the_same_again_is_no_error() {
    let (accounts, _) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let right = link(&anna);
    assert!(is_not_valid(&accounts.email_verify(anna.id, &right, at(1)).await), "none was mailed");
    accounts.link_store(&anna, VERIFY, &right, at(1)).await.unwrap();
    assert!(is_not_valid(&accounts.email_verify(anna.id, &link(&anna), at(2)).await), "another one");
    assert_eq!(accounts.account_read(anna.id).await.unwrap(), Some(anna.clone()));
    let end = at(1).plus(VERIFY.link_life());
    assert!(is_not_valid(&accounts.email_verify(anna.id, &right, end).await), "it has run out");
    let verified = Account { verified_at: Some(at(2)), ..anna.clone() };
    for now in [at(2), at(3), end] {
        accounts.email_verify(anna.id, &right, now).await.expect("once used, the same again has the same effect");
        assert_eq!(accounts.account_read(anna.id).await.unwrap().as_ref(), Some(&verified));
        assert_eq!(by_email(&accounts, &anna).await.unwrap(), (verified.clone(), hash('A').to_phc_string()));
    }
    assert_eq!(accounts.link_read(anna.id, VERIFY, &right, at(3)).await.unwrap(), Some(LinkState::Used));
    let nobody = account("nobody");
    assert!(is_not_valid(&accounts.email_verify(nobody.id, &link(&nobody), at(2)).await));
}

#[tokio::test]
async fn a_password_is_set_anew_once_by_the_link_that_was_mailed() {
    let (accounts, _) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let (right, another) = (link(&anna), link(&anna));
    let reset = |hash_of, new, now| {
        let (accounts, anna) = (&accounts, &anna);
        async move { accounts.password_reset(anna, hash_of, &hash(new), now).await }
    };
    assert!(is_not_valid(&reset(&right, 'B', at(1)).await), "none was mailed");
    accounts.link_store(&anna, RESET, &right, at(1)).await.unwrap();
    assert!(is_not_valid(&reset(&another, 'B', at(2)).await), "another one");
    assert!(is_not_valid(&reset(&right, 'B', at(1).plus(RESET.link_life())).await), "it has run out");
    assert_eq!(by_email(&accounts, &anna).await.unwrap(), (anna.clone(), hash('A').to_phc_string()));
    reset(&right, 'B', at(2)).await.unwrap();
    let verified = Account { verified_at: Some(at(2)), ..anna.clone() };
    assert_eq!(by_email(&accounts, &anna).await.unwrap(), (verified.clone(), hash('B').to_phc_string()));
    assert_eq!(accounts.account_read(anna.id).await.unwrap(), Some(verified), "whoever has the mail has the address");
    assert!(is_not_valid(&reset(&right, 'C', at(3)).await), "it works once");
    assert_eq!(accounts.link_read(anna.id, RESET, &right, at(3)).await.unwrap(), Some(LinkState::Used));
    assert_eq!(by_email(&accounts, &anna).await.unwrap().1, hash('B').to_phc_string());
}

#[tokio::test]
async fn a_link_of_a_closed_account_changes_nothing() {
    let (accounts, table) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let (verify, reset) = (link(&anna), link(&anna));
    accounts.link_store(&anna, VERIFY, &verify, at(1)).await.unwrap();
    accounts.link_store(&anna, RESET, &reset, at(1)).await.unwrap();
    accounts.account_close(&anna, &hash('A'), at(2)).await.unwrap();
    let somebody = open(&accounts, "anna").await;
    assert!(is_not_valid(&accounts.email_verify(anna.id, &verify, at(3)).await));
    assert!(is_not_valid(&accounts.password_reset(&anna, &reset, &hash('B'), at(3)).await));
    assert_eq!(by_email(&accounts, &anna).await.unwrap(), (somebody, hash('A').to_phc_string()));
    for purpose in MailPurpose::ALL {
        for _ in 0..2 {
            accounts.link_drop(anna.id, purpose).await.expect("gone is gone");
            assert_eq!(table.item(key(format!("L#{}#{}", purpose.as_str(), anna.id))).await, None);
        }
    }
}
