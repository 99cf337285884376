//! Accounts: signing up, the password, the end.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use holdfast_auth::{LinkHash, LinkToken, PasswordHash};
use holdfast_domain::{DisplayName, EmailAddress, MailPurpose, UserId};
use uuid::Uuid;

use super::fixture::{Table, at, key};
use crate::{
    Account, AccountCloseError, AccountCreateError, AccountStage, Accounts, LinkStored, PasswordReplaceError,
    StoreError,
};

/// Accounts in a table of their own, and the table as it is.
pub(super) async fn accounts() -> (Accounts, Table) {
    let table = Table::new("AccountsTable").await;
    (Accounts::new(table.client.clone(), table.name.clone()), table)
}

/// A hash; those of different letters are different.
pub(super) fn hash(letter: char) -> PasswordHash {
    let text = format!(
        "$argon2id$v=19$m=19456,t=2,p=1${letter}E3x6Vdy3llKg3byAMJXsg$9CUKl6p8xVYiruDySUQsqy9/hkP6xkhGh/ukFqGVd/g"
    );
    PasswordHash::parse(&text).unwrap()
}

pub(super) fn account(name: &str) -> Account {
    Account {
        id: UserId::from_uuid(Uuid::now_v7()),
        email: EmailAddress::parse(&format!("{name}@tickets.example")).unwrap(),
        display_name: DisplayName::parse(name).unwrap(),
        created_at: at(0),
        verified_at: None,
    }
}

/// An account with the hash `A`.
pub(super) async fn open(accounts: &Accounts, name: &str) -> Account {
    let account = account(name);
    accounts.account_create(&account, &hash('A')).await.unwrap();
    account
}

pub(super) fn link(account: &Account) -> LinkHash {
    LinkToken::draw(account.id).unwrap().hash()
}

/// What somebody who signs in gets.
pub(super) async fn by_email(accounts: &Accounts, account: &Account) -> Option<(Account, String)> {
    let found = accounts.account_by_email(&account.email).await.unwrap();
    found.map(|(account, hash)| (account, hash.to_phc_string()))
}

async fn items(table: &Table, account: &Account) -> [Option<std::collections::HashMap<String, AttributeValue>>; 2] {
    let address = table.item(key(format!("E#{}", account.email.as_str()))).await;
    [address, table.item(key(format!("A#{}", account.id))).await]
}

#[tokio::test]
async fn an_account_is_found_by_its_address_with_its_hash_and_by_its_id_without() {
    let (accounts, table) = accounts().await;
    let anna = Account { verified_at: Some(at(3)), ..account("anna") };
    accounts.account_create(&anna, &hash('A')).await.unwrap();
    assert_eq!(by_email(&accounts, &anna).await, Some((anna.clone(), hash('A').to_phc_string())));
    assert_eq!(accounts.account_read(anna.id).await.unwrap(), Some(anna.clone()));
    assert_eq!(accounts.account_stage(anna.id).await.unwrap(), AccountStage::Open);
    let [_, under_id] = items(&table, &anna).await;
    assert!(!under_id.unwrap().contains_key("password_hash"));
    let nobody = account("nobody");
    assert_eq!(by_email(&accounts, &nobody).await, None);
    assert_eq!(accounts.account_read(nobody.id).await.unwrap(), None);
    assert_eq!(accounts.account_stage(nobody.id).await.unwrap(), AccountStage::Absent);
}

#[tokio::test]
async fn an_address_has_one_account() {
    let (accounts, table) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let other = account("anna");
    let refused = accounts.account_create(&other, &hash('B')).await;
    assert!(matches!(refused, Err(AccountCreateError::EmailTaken)), "{refused:?}");
    assert_eq!(items(&table, &other).await[1], None, "never half an account");
    assert_eq!(by_email(&accounts, &anna).await, Some((anna, hash('A').to_phc_string())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sign_ups_for_one_address_at_once_one_wins_and_the_others_are_told_so() {
    let (accounts, _) = accounts().await;
    let accounts = Arc::new(accounts);
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let accounts = Arc::clone(&accounts);
        running.spawn(async move {
            let account = account("anna");
            (account.id, accounts.account_create(&account, &hash('A')).await)
        });
    }
    let mut winners = Vec::new();
    for (id, answer) in running.join_all().await {
        match answer {
            Ok(()) => winners.push(id),
            Err(AccountCreateError::EmailTaken) => {}
            Err(AccountCreateError::Store(error)) => panic!("{error:?}"),
        }
    }
    let (found, _) = by_email(&accounts, &account("anna")).await.unwrap();
    assert_eq!(winners, [found.id]);
}

#[tokio::test]
async fn a_password_is_replaced_by_who_knows_the_one_before() {
    let (accounts, _) = accounts().await;
    let anna = open(&accounts, "anna").await;
    for _ in 0..2 {
        accounts.password_replace(&anna, &hash('A'), &hash('B')).await.expect("the same again is the same");
        assert_eq!(by_email(&accounts, &anna).await.unwrap().1, hash('B').to_phc_string());
    }
    let changed = |result| matches!(result, Err(PasswordReplaceError::Changed));
    assert!(changed(accounts.password_replace(&anna, &hash('A'), &hash('C')).await));
    let impostor = Account { id: UserId::from_uuid(Uuid::now_v7()), ..anna.clone() };
    assert!(changed(accounts.password_replace(&impostor, &hash('B'), &hash('C')).await));
    let nobody = account("nobody");
    assert!(changed(accounts.password_replace(&nobody, &hash('A'), &hash('C')).await));
    assert_eq!(by_email(&accounts, &nobody).await, None);
    assert_eq!(by_email(&accounts, &anna).await.unwrap().1, hash('B').to_phc_string());
}

#[tokio::test]
async fn a_closed_account_is_a_mark_and_its_address_is_free() {
    let (accounts, table) = accounts().await;
    let anna = open(&accounts, "anna").await;
    let refused = accounts.account_close(&anna, &hash('B'), at(5)).await;
    assert!(matches!(refused, Err(AccountCloseError::Changed)), "another password");
    assert_eq!(accounts.account_stage(anna.id).await.unwrap(), AccountStage::Open);
    accounts.account_close(&anna, &hash('A'), at(5)).await.unwrap();
    let closed = AccountStage::Closed { since: at(5) };
    assert_eq!(accounts.account_stage(anna.id).await.unwrap(), closed);
    assert_eq!(accounts.account_read(anna.id).await.unwrap(), None);
    assert_eq!(by_email(&accounts, &anna).await, None);
    assert_eq!(items(&table, &anna).await[1].as_ref().unwrap().len(), 2, "its key, and since when");
    let again = accounts.account_close(&anna, &hash('A'), at(6)).await;
    assert!(matches!(again, Err(AccountCloseError::Changed)));
    let new = open(&accounts, "anna").await;
    assert_eq!(by_email(&accounts, &new).await.unwrap().0, new);
    assert_eq!(accounts.account_stage(anna.id).await.unwrap(), closed, "another id");
    // Nobody closes the new account by what they know of the old one.
    let stale = accounts.account_close(&anna, &hash('A'), at(7)).await;
    assert!(matches!(stale, Err(AccountCloseError::Changed)));
    assert_eq!(accounts.account_stage(new.id).await.unwrap(), AccountStage::Open);
}

#[tokio::test]
async fn a_mark_is_renewed_and_removed_and_an_open_account_is_neither() {
    let (accounts, table) = accounts().await;
    let (anna, nobody) = (open(&accounts, "anna").await, account("nobody"));
    for account in [&anna, &nobody] {
        accounts.account_close_anew(account.id, at(9)).await.unwrap();
        accounts.account_remove(account.id).await.unwrap();
    }
    assert_eq!(accounts.account_stage(anna.id).await.unwrap(), AccountStage::Open);
    assert_eq!(items(&table, &nobody).await, [None, None]);
    accounts.account_close(&anna, &hash('A'), at(5)).await.unwrap();
    accounts.account_close_anew(anna.id, at(9)).await.unwrap();
    assert_eq!(accounts.account_stage(anna.id).await.unwrap(), AccountStage::Closed { since: at(9) });
    for _ in 0..2 {
        accounts.account_remove(anna.id).await.unwrap();
        assert_eq!(accounts.account_stage(anna.id).await.unwrap(), AccountStage::Absent);
    }
    accounts.account_close_anew(anna.id, at(10)).await.unwrap();
    assert_eq!(items(&table, &anna).await, [None, None], "what is gone stays gone");
}

#[tokio::test]
async fn a_mark_without_a_moment_is_corrupt_not_guessed() {
    let (accounts, table) = accounts().await;
    let anna = account("anna");
    let mut item = key(format!("A#{}", anna.id));
    item.insert("closed_at".to_owned(), AttributeValue::S("yesterday".into()));
    table.put(item).await;
    let stage = accounts.account_stage(anna.id).await;
    assert!(matches!(stage, Err(StoreError::Corrupt(_))), "{stage:?}");
}

#[tokio::test]
async fn no_link_comes_after_the_end_of_an_account() {
    let (accounts, table) = accounts().await;
    let anna = open(&accounts, "anna").await;
    accounts.account_close(&anna, &hash('A'), at(5)).await.unwrap();
    for purpose in MailPurpose::ALL {
        let stored = accounts.link_store(&anna, purpose, &link(&anna), at(6)).await.unwrap();
        assert_eq!(stored, LinkStored::Outdated);
        assert_eq!(table.item(key(format!("L#{}#{}", purpose.as_str(), anna.id))).await, None);
    }
}
