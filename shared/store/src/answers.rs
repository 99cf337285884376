//! What the store makes of answers that no table gives when it is asked to: conflicts, throttling, outages, parts of a batch.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, WriteRequest};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleBuilder, RuleMode, create_mock_http_client, mock};
use holdfast_auth::SessionKeys;
use holdfast_domain::{
    Currency, DisplayName, EmailAddress, HoldRequest, IdempotencyKey, MailPurpose, Order, OrderId, OrderState,
    OrderTicket, Price, Record, SessionId, Ticket, TicketFacts, TicketId, Timestamp, Title, UserId, Version,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::catalogue::tests::written_item;
use crate::keys::{self, Item};
use crate::{
    Account, Accounts, Allowance, Boundary, CataloguePlace, ExpireOutcome, LinkStored, LostOr, Market, NewTicket,
    PlaceError, PlaceOrder, Projected, Sessions, StoreError, TicketChange, TicketChangeError, TicketDetails, Tries,
    TryTakeError, items, order_expire_run_out, order_place, trace,
};

const TABLE: &str = "table";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(2_000_000_000_000 + millis).unwrap()
}

fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

fn ticket() -> Ticket {
    let price = Price::new(4_500, Currency::Eur).unwrap();
    let facts = TicketFacts { title: Title::parse("Opera").unwrap(), price, venue: None, starts_at: None };
    Ticket::list(TicketId::from_uuid(Uuid::from_u128(7)), user(1), facts, at(0))
}

fn order_id() -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(9))
}

fn order() -> Order {
    let ticket = ticket();
    Order {
        id: order_id(),
        buyer: user(2),
        ticket: OrderTicket { id: ticket.id, facts: ticket.facts },
        hold: holdfast_domain::HoldNumber::from_number(2),
        expires_at: at(900_000),
        created_at: at(0),
        version: Version::FIRST,
        state: OrderState::AwaitingPayment { intent: None },
    }
}

fn request() -> HoldRequest {
    HoldRequest { order: order_id(), buyer: user(2), now: at(0), expires_at: at(900_000) }
}

fn config() -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
}

/// Not the macro of the mocks, for which the SDK would have to be compiled once more, with a feature for tests.
fn client(rules: &[&Rule]) -> Client {
    let interceptor = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
    let interceptor = rules.iter().fold(interceptor, |interceptor, rule| interceptor.with_rule(rule));
    Client::from_conf(config().http_client(create_mock_http_client()).interceptor(interceptor).build())
}

fn market(rules: &[&Rule]) -> Market {
    Market::new(client(rules), TABLE.to_owned())
}

fn accounts(rule: &Rule) -> Accounts {
    Accounts::new(client(&[rule]), TABLE.to_owned())
}

/// An error of DynamoDB with what it says beside its code.
fn refused(code: &str, mut more: Value) -> String {
    more["__type"] = json!(format!("com.amazonaws.dynamodb.v20120810#{code}"));
    more.to_string()
}

fn conflict() -> String {
    refused("TransactionConflictException", json!({}))
}

/// A transaction that was cancelled because of its second item.
fn cancelled(reason: &str) -> String {
    refused("TransactionCanceledException", json!({"CancellationReasons": [{"Code": "None"}, {"Code": reason}]}))
}

fn updated(item: Item) -> UpdateItemOutput {
    UpdateItemOutput::builder().set_attributes(Some(item)).build()
}

/// Time does not pass but by waiting.
async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let done = work.await;
    (done, begun.elapsed())
}

fn is_outage(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_)) && error.is_transient()
}

#[tokio::test(start_paused = true)]
async fn a_write_that_crosses_a_transaction_is_made_again_ever_later() {
    let crossed = |code| {
        let rule = mock!(Client::update_item)
            .sequence()
            .http_status(400, Some(refused(code, json!({}))))
            .times(3)
            .output(|| updated(items::listed_item(&ticket()).unwrap()))
            .build();
        market(&[&rule])
    };
    let (held, waited) =
        timed(Box::pin(crossed("TransactionConflictException").ticket_hold(ticket().id, request()))).await;
    assert_eq!((held.unwrap(), waited), (ticket(), Duration::from_millis(20 + 40 + 80)));
    // The SDK itself tries this one some times before it is handed to us.
    let held = crossed("ReplicatedWriteConflictException").ticket_hold(ticket().id, request()).await;
    assert_eq!(held.unwrap(), ticket());
    let rule = mock!(Client::update_item).sequence().http_status(400, Some(conflict())).repeatedly().build();
    let market = market(&[&rule]);
    let (held, waited) = timed(Box::pin(market.ticket_hold(ticket().id, request()))).await;
    assert!(matches!(held, Err(LostOr::Store(error)) if is_outage(&error)));
    assert_eq!((rule.num_calls(), waited), (4, Duration::from_millis(20 + 40 + 80)));
}

/// The image that a write lost to, as DynamoDB sends it.
fn lost_to(image: &Value) -> String {
    refused("ConditionalCheckFailedException", json!({"Item": image}))
}

#[tokio::test]
async fn a_lost_condition_without_an_image_is_a_ticket_that_is_not_there() {
    for body in [lost_to(&json!({})), refused("ConditionalCheckFailedException", json!({}))] {
        let rule = mock!(Client::update_item).sequence().http_status(400, Some(body)).build();
        let lost = market(&[&rule]).ticket_hold(ticket().id, request()).await;
        assert!(matches!(lost, Err(LostOr::Absent)), "{lost:?}");
    }
}

/// An item as DynamoDB sends it, without its trace, which is bytes and of which nothing here asks.
fn image(item: &Item) -> Value {
    let value = |name: &str, value: &AttributeValue| match (value.as_s(), value.as_n(), value.as_bool()) {
        (Ok(text), _, _) => json!({"S": text}),
        (_, Ok(number), _) => json!({"N": number}),
        (_, _, Ok(truth)) => json!({"BOOL": truth}),
        _ => panic!("no item of these tests has one: {name} {value:?}"),
    };
    let stored = item.iter().filter(|(name, _)| *name != trace::TRACE);
    stored.map(|(name, stored)| (name.clone(), value(name, stored))).collect()
}

fn listed_image() -> Value {
    image(&items::listed_item(&ticket()).unwrap())
}

/// The ticket as it is held by somebody's order.
fn held_by(order: u128, buyer: UserId) -> Item {
    let mut held = items::listed_item(&ticket()).unwrap();
    let order = OrderId::from_uuid(Uuid::from_u128(order));
    held.extend([
        ("state".to_owned(), keys::s("held")),
        ("order_id".to_owned(), keys::s(order)),
        ("buyer".to_owned(), keys::s(buyer)),
        ("hold".to_owned(), keys::n(2)),
        ("expires_at".to_owned(), keys::n(at(900_000).as_millis())),
        ("extended".to_owned(), AttributeValue::Bool(false)),
    ]);
    held
}

/// A repeat finds its own hold, which runs out before it is read.
#[tokio::test]
async fn a_hold_that_was_taken_over_before_it_is_read_is_not_gone_on_with() {
    let command =
        PlaceOrder { order: order_id(), buyer: user(2), ticket: ticket().id, hold: Duration::from_mins(15), limit: 1 };
    let read = mock!(Client::get_item)
        .sequence()
        .output(|| GetItemOutput::builder().build())
        .output(|| GetItemOutput::builder().set_item(Some(held_by(10, user(3)))).build())
        .build();
    let own = lost_to(&image(&held_by(9, user(2))));
    let hold = mock!(Client::update_item).sequence().http_status(400, Some(own)).build();
    let placed = order_place(&market(&[&read, &hold]), command, || at(1)).await;
    assert!(matches!(placed, Err(PlaceError::HeldByAnother)), "{placed:?}");
    assert_eq!((read.num_calls(), hold.num_calls()), (2, 1), "nothing was counted or recorded");
}

/// It was read before it was bought, and its ticket does not tell.
#[tokio::test]
async fn an_order_that_was_bought_while_it_ran_out_is_not_called_expired() {
    let read = mock!(Client::get_item)
        .then_output(|| GetItemOutput::builder().set_item(items::order_item(&order()).ok()).build());
    let mut bought = items::order_item(&order()).unwrap();
    bought.insert("state".to_owned(), keys::s("capturing"));
    bought.insert("intent".to_owned(), keys::s("pi_1"));
    let lost = mock!(Client::update_item)
        .sequence()
        .http_status(400, Some(lost_to(&listed_image())))
        .http_status(400, Some(lost_to(&image(&bought))))
        .build();
    let ended = order_expire_run_out(&market(&[&read, &lost]), user(2), order_id(), at(900_000)).await.unwrap();
    assert_eq!((ended, lost.num_calls()), (ExpireOutcome::Bought, 2));
}

#[tokio::test]
async fn a_condition_that_is_lost_where_the_rule_would_win_is_drift_and_no_guess() {
    let rule = mock!(Client::update_item).sequence().http_status(400, Some(lost_to(&listed_image()))).build();
    let lost = market(&[&rule]).ticket_hold(ticket().id, request()).await;
    assert!(matches!(lost, Err(LostOr::Store(StoreError::Drift("ticket_hold")))), "{lost:?}");
}

#[tokio::test]
async fn an_update_that_answers_nothing_is_not_taken_for_done() {
    let rule = mock!(Client::update_item).then_output(|| UpdateItemOutput::builder().build());
    let market = market(&[&rule]);
    let held = market.ticket_hold(ticket().id, request()).await;
    assert!(matches!(held, Err(LostOr::Store(StoreError::Corrupt(_)))), "{held:?}");
    let recorded = market.order_record(user(2), order_id(), &Record::CardForgotten).await;
    assert!(matches!(recorded, Err(StoreError::Corrupt(_))), "{recorded:?}");
}

#[tokio::test]
async fn an_order_that_could_not_be_recorded_is_neither_new_nor_there() {
    let create = async |status, body| {
        let rule = mock!(Client::put_item).sequence().http_status(status, Some(body)).build();
        market(&[&rule]).order_create(&order()).await.unwrap_err()
    };
    let denied = create(400, refused("AccessDeniedException", json!({}))).await;
    assert!(matches!(denied, StoreError::Refused(_)) && !denied.is_transient(), "{denied:?}");
    let imageless = create(400, refused("ConditionalCheckFailedException", json!({}))).await;
    assert!(matches!(imageless, StoreError::Corrupt(_)), "{imageless:?}");
}

/// The table of sorted codes, each as a refusal of one read.
#[tokio::test(start_paused = true)]
async fn what_may_succeed_later_is_told_from_what_never_will() {
    for (status, code, later) in [
        (400, "ProvisionedThroughputExceededException", true),
        (400, "RequestLimitExceeded", true),
        (400, "ThrottlingException", true),
        (400, "TransactionConflictException", true),
        (500, "InternalServerError", true),
        (503, "ServiceUnavailable", true),
        (500, "SomethingNew", true),
        (400, "AccessDeniedException", false),
        (400, "ValidationException", false),
        (400, "ResourceNotFoundException", false),
    ] {
        let rule =
            mock!(Client::get_item).sequence().http_status(status, Some(refused(code, json!({})))).repeatedly().build();
        let error = market(&[&rule]).ticket_read(ticket().id).await.unwrap_err();
        let sorted = match &error {
            StoreError::Unavailable(_) => true,
            StoreError::Refused(_) => false,
            StoreError::Corrupt(_) | StoreError::Drift(_) => panic!("{code}: {error:?}"),
        };
        assert_eq!((sorted, error.is_transient()), (later, later), "{status} {code}");
    }
    let nameless = mock!(Client::get_item).sequence().http_status(400, Some("{}".to_owned())).repeatedly().build();
    assert!(is_outage(&market(&[&nameless]).ticket_read(ticket().id).await.unwrap_err()), "an answer of nobody");
    for other in [StoreError::corrupt("x"), StoreError::Drift("x")] {
        assert!(!other.is_transient(), "{other:?}");
    }
}

#[tokio::test]
async fn no_answer_at_all_is_an_outage() {
    // Nobody listens there.
    let config = config().retry_config(RetryConfig::disabled()).endpoint_url("http://127.0.0.1:1");
    let market = Market::new(Client::from_conf(config.build()), TABLE.to_owned());
    assert!(is_outage(&market.ticket_read(ticket().id).await.unwrap_err()));
}

fn account() -> Account {
    Account {
        id: user(1),
        email: EmailAddress::parse("anna@tickets.example").unwrap(),
        display_name: DisplayName::parse("Anna").unwrap(),
        created_at: at(0),
        verified_at: None,
    }
}

async fn link_stored(rule: &Rule) -> (Result<LinkStored, StoreError>, Duration) {
    let link = holdfast_auth::LinkToken::draw(user(1)).unwrap().hash();
    let accounts = accounts(rule);
    timed(accounts.link_store(&account(), MailPurpose::VerifyEmail, &link, at(0))).await
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_met_another_or_a_busy_table_is_made_again_ever_later() {
    let waits = Duration::from_millis(50 + 100 + 200);
    for reason in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
        let rule = mock!(Client::transact_write_items)
            .sequence()
            .http_status(400, Some(cancelled(reason)))
            .times(3)
            .output(|| TransactWriteItemsOutput::builder().build())
            .build();
        let (stored, waited) = link_stored(&rule).await;
        assert_eq!((stored.unwrap(), waited), (LinkStored::Yes, waits), "{reason}");
        let rule = mock!(Client::transact_write_items)
            .sequence()
            .http_status(400, Some(cancelled(reason)))
            .repeatedly()
            .build();
        let (stored, waited) = link_stored(&rule).await;
        assert!(is_outage(&stored.unwrap_err()), "{reason}");
        assert_eq!((rule.num_calls(), waited), (4, waits), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_lost_its_condition_or_is_refused_is_made_once() {
    let rule = mock!(Client::transact_write_items)
        .sequence()
        .http_status(400, Some(cancelled("ConditionalCheckFailed")))
        .repeatedly()
        .build();
    let (stored, waited) = link_stored(&rule).await;
    assert_eq!((stored.unwrap(), rule.num_calls(), waited), (LinkStored::Outdated, 1, Duration::ZERO));
    let rule = mock!(Client::transact_write_items)
        .sequence()
        .http_status(400, Some(cancelled("ValidationError")))
        .repeatedly()
        .build();
    let (stored, _) = link_stored(&rule).await;
    assert!(matches!(stored, Err(StoreError::Refused(_))), "{stored:?}");
    assert_eq!(rule.num_calls(), 1);
}

/// What of a batch was not read is asked for again.
#[tokio::test(start_paused = true)]
async fn what_a_batch_leaves_out_is_read_by_the_next_call() {
    let unprocessed = || {
        let keys = KeysAndAttributes::builder().keys(keys::lock_key(ticket().id)).build().unwrap();
        BatchGetItemOutput::builder().unprocessed_keys(TABLE, keys).build()
    };
    let found = || {
        let item = items::listed_item(&ticket()).unwrap();
        BatchGetItemOutput::builder().responses(TABLE, vec![item]).build()
    };
    let rule = mock!(Client::batch_get_item).sequence().output(unprocessed).times(3).output(found).build();
    let (read, waited) = timed(market(&[&rule]).tickets_read(&[ticket().id])).await;
    assert_eq!((read.unwrap(), waited), (vec![ticket()], Duration::from_millis(50 + 100 + 200)));
    let rule = mock!(Client::batch_get_item).sequence().output(unprocessed).repeatedly().build();
    let (read, waited) = timed(market(&[&rule]).tickets_read(&[ticket().id])).await;
    assert!(is_outage(&read.unwrap_err()));
    assert_eq!((rule.num_calls(), waited), (4, Duration::from_millis(50 + 100 + 200)));
}

/// What a projector reads: the entry, which is there from a read on, and the ticket.
fn projectors_reads(entries: Rule, ticket: fn() -> GetItemOutput) -> [Rule; 2] {
    [entries, reads_of("T").then_output(ticket)]
}

fn reads_of(sort_key: &'static str) -> RuleBuilder<GetItemInput, GetItemOutput, GetItemError> {
    mock!(Client::get_item)
        .match_requests(move |request| request.key().is_some_and(|key| key["sk"] == keys::s(sort_key)))
}

fn nothing() -> GetItemOutput {
    GetItemOutput::builder().build()
}

/// No entry until it has been read some times, then that of the ticket; and the ticket.
fn reads_of_a_new_one(until: usize) -> [Rule; 2] {
    let written = || GetItemOutput::builder().set_item(Some(written_item(&ticket()))).build();
    let entries = reads_of("P").sequence().output(nothing).times(until).output(written).repeatedly().build();
    projectors_reads(entries, || GetItemOutput::builder().set_item(items::listed_item(&ticket()).ok()).build())
}

fn rows_written() -> Rule {
    mock!(Client::batch_write_item).then_output(|| BatchWriteItemOutput::builder().build())
}

#[tokio::test(start_paused = true)]
async fn a_projector_that_lost_reads_again_and_gives_up_after_five() {
    for code in ["ConditionalCheckFailedException", "TransactionConflictException"] {
        let ([entry, lock], rows) = (reads_of_a_new_one(3), rows_written());
        let put = mock!(Client::put_item)
            .sequence()
            .http_status(400, Some(refused(code, json!({}))))
            .times(2)
            .output(|| PutItemOutput::builder().build())
            .build();
        let (wrote, waited) = timed(market(&[&entry, &lock, &put, &rows]).catalogue_project(ticket().id, at(0))).await;
        assert_eq!((wrote.unwrap(), waited), (Projected::Written, Duration::from_millis(40 + 80)), "{code}");
        assert_eq!((put.num_calls(), rows.num_calls()), (3, 1), "who lost writes no rows");
    }
    let [entry, lock] = reads_of_a_new_one(5);
    let never = mock!(Client::put_item)
        .sequence()
        .http_status(400, Some(refused("ConditionalCheckFailedException", json!({}))))
        .repeatedly()
        .build();
    let (wrote, waited) = timed(market(&[&entry, &lock, &never]).catalogue_project(ticket().id, at(0))).await;
    assert!(is_outage(&wrote.unwrap_err()));
    assert_eq!((never.num_calls(), waited), (5, Duration::from_millis(40 + 80 + 160 + 320)));
    for (code, later) in [("ThrottlingException", true), ("ValidationException", false)] {
        let [entry, lock] = reads_of_a_new_one(1);
        let put =
            mock!(Client::put_item).sequence().http_status(400, Some(refused(code, json!({})))).repeatedly().build();
        let failed = market(&[&entry, &lock, &put]).catalogue_project(ticket().id, at(0)).await;
        assert_eq!(failed.unwrap_err().is_transient(), later, "{code}");
    }
}

/// Another projector's entry stands: what was put is of an older one, or may be.
#[tokio::test(start_paused = true)]
async fn a_projector_that_finds_another_entry_after_its_rows_writes_them_again() {
    let put = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let ([entry, lock], rows) = (reads_of_a_new_one(2), rows_written());
    let (wrote, waited) = timed(market(&[&entry, &lock, &put, &rows]).catalogue_project(ticket().id, at(0))).await;
    assert_eq!((wrote.unwrap(), waited), (Projected::Written, Duration::from_millis(40)));
    assert_eq!((entry.num_calls(), put.num_calls(), rows.num_calls()), (4, 1, 2));
    let ([entry, lock], rows) = (reads_of_a_new_one(100), rows_written());
    let (wrote, _) = timed(market(&[&entry, &lock, &put, &rows]).catalogue_project(ticket().id, at(0))).await;
    assert!(is_outage(&wrote.unwrap_err()));
    assert_eq!(rows.num_calls(), 5);
}

/// The entry of a ticket that was listed, and no ticket any more.
fn reads_of_a_deleted_one() -> [Rule; 2] {
    let entry = || {
        let words = AttributeValue::L(vec![keys::s("opera")]);
        let created_at = ("created_at".to_owned(), keys::n(at(0).as_millis()));
        let entry = AttributeValue::M([created_at, ("words".to_owned(), words)].into());
        let fields = [
            ("pk", keys::s(keys::ticket_pk(ticket().id))),
            ("sk", keys::s("P")),
            ("version", keys::n(1)),
            ("listed_at", keys::n(at(0).as_millis())),
            ("entry", entry),
        ];
        let item = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        GetItemOutput::builder().set_item(Some(item)).build()
    };
    projectors_reads(reads_of("P").then_output(entry), nothing)
}

fn unremoved() -> BatchWriteItemOutput {
    let key = keys::key("C#NEWEST".to_owned(), "any".to_owned());
    let delete = DeleteRequest::builder().set_key(Some(key)).build().unwrap();
    BatchWriteItemOutput::builder()
        .unprocessed_items(TABLE, vec![WriteRequest::builder().delete_request(delete).build()])
        .build()
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_not_removed_at_once_are_asked_for_again_ever_later() {
    let [entry, lock] = reads_of_a_deleted_one();
    let put = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let remove = mock!(Client::batch_write_item)
        .sequence()
        .output(unremoved)
        .times(3)
        .output(|| BatchWriteItemOutput::builder().build())
        .build();
    let (left, waited) = timed(market(&[&entry, &lock, &put, &remove]).catalogue_project(ticket().id, at(0))).await;
    assert_eq!((left.unwrap(), waited), (Projected::Written, Duration::from_millis(50 + 100 + 200)));
    let never = mock!(Client::batch_write_item).sequence().output(unremoved).repeatedly().build();
    let (left, _) = timed(market(&[&entry, &lock, &put, &never]).catalogue_project(ticket().id, at(0))).await;
    assert!(is_outage(&left.unwrap_err()));
    assert_eq!(never.num_calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn whoever_loses_the_entry_of_a_ticket_that_leaves_reads_again_and_an_outage_is_no_loss() {
    let [entry, lock] = reads_of_a_deleted_one();
    let remove = mock!(Client::batch_write_item).then_output(|| BatchWriteItemOutput::builder().build());
    for code in ["ConditionalCheckFailedException", "TransactionConflictException"] {
        let put = mock!(Client::put_item)
            .sequence()
            .http_status(400, Some(refused(code, json!({}))))
            .times(1)
            .output(|| PutItemOutput::builder().build())
            .build();
        let left = market(&[&entry, &lock, &put, &remove]).catalogue_project(ticket().id, at(0)).await;
        assert_eq!((left.unwrap(), put.num_calls()), (Projected::Written, 2), "{code}");
    }
    let put =
        mock!(Client::put_item).sequence().http_status(400, Some(refused("AccessDeniedException", json!({})))).build();
    let failed = market(&[&entry, &lock, &put, &remove]).catalogue_project(ticket().id, at(0)).await;
    assert!(matches!(failed, Err(StoreError::Refused(_))), "{failed:?}");
}

#[tokio::test]
async fn boundaries_that_somebody_else_changes_are_lost_and_an_outage_is_none() {
    let register = || mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
    let put = async |reason| {
        let write = mock!(Client::transact_write_items).sequence().http_status(400, Some(cancelled(reason))).build();
        let market = market(&[&register(), &write]);
        let read = market.page_register().await.unwrap();
        market.boundaries_put(&read, &[], &[]).await
    };
    for reason in ["ConditionalCheckFailed", "TransactionConflict"] {
        assert!(!put(reason).await.unwrap(), "{reason}");
    }
    assert!(is_outage(&put("ThrottlingError").await.unwrap_err()));
    let place = CataloguePlace { moment: at(0), ticket: ticket().id };
    let boundary = Boundary { end: place, name: 1, earliest: None };
    let note = async |code| {
        let rule = mock!(Client::put_item).sequence().http_status(400, Some(refused(code, json!({})))).build();
        market(&[&rule]).boundary_note_earliest(&boundary, Some(at(1))).await
    };
    for code in ["ConditionalCheckFailedException", "TransactionConflictException"] {
        assert!(!note(code).await.unwrap(), "{code}");
    }
    assert!(matches!(note("AccessDeniedException").await, Err(StoreError::Refused(_))));
}

#[tokio::test]
async fn a_seller_whose_write_crosses_another_is_to_try_again_and_is_not_told_that_the_ticket_changed() {
    let (ticket, seller_name) = (ticket(), DisplayName::parse("Seller").unwrap());
    let details = TicketDetails { seller_name, description: None };
    let new = NewTicket { ticket: ticket.clone(), details: details.clone(), credential: None };
    let change = TicketChange {
        id: ticket.id,
        seller: ticket.seller,
        version: ticket.version,
        facts: ticket.facts.clone(),
        details,
        credential: None,
    };
    let key = IdempotencyKey::parse("key").unwrap();
    for (reason, later) in [("TransactionConflict", true), ("ThrottlingError", true), ("ValidationError", false)] {
        let rule = mock!(Client::transact_write_items)
            .sequence()
            .http_status(400, Some(cancelled(reason)))
            .repeatedly()
            .build();
        let market = market(&[&rule]);
        let changed = market.ticket_change(&change).await;
        assert!(matches!(changed, Err(TicketChangeError::Store(error)) if error.is_transient() == later), "{reason}");
        let deleted = market.ticket_delete(ticket.id, ticket.seller, ticket.version).await;
        assert!(matches!(deleted, Err(TicketChangeError::Store(error)) if error.is_transient() == later), "{reason}");
        assert_eq!(market.ticket_create(&new).await.unwrap_err().is_transient(), later, "{reason}");
        assert_eq!(market.ticket_create_once(&new, &key).await.unwrap_err().is_transient(), later, "{reason}");
    }
}

fn session_item(id: u128) -> Item {
    let mut item = keys::key(user(1).to_string(), SessionId::from_uuid(Uuid::from_u128(id)).to_string());
    item.insert("display_name".to_owned(), keys::s("Anna"));
    for name in ["created_at", "expires_at", "ttl"] {
        item.insert(name.to_owned(), keys::n(at(0).as_millis()));
    }
    item
}

#[tokio::test]
async fn sessions_that_do_not_fit_one_answer_are_read_by_several() {
    let first =
        mock!(Client::query).match_requests(|request| request.exclusive_start_key().is_none()).then_output(|| {
            QueryOutput::builder().items(session_item(1)).set_last_evaluated_key(Some(session_item(1))).build()
        });
    let second = mock!(Client::query)
        .match_requests(|request| request.exclusive_start_key() == Some(&session_item(1)))
        .then_output(|| QueryOutput::builder().items(session_item(2)).build());
    let sessions = Sessions::new(client(&[&first, &second]), TABLE.to_owned());
    let listed = sessions.session_list(user(1), at(-1)).await.unwrap();
    assert_eq!(listed.iter().map(|session| session.id.as_uuid().as_u128()).collect::<Vec<_>>(), [1, 2]);
}

/// Somebody empties the bucket and it fills up again, each time between two looks at it.
#[tokio::test]
async fn a_bucket_that_is_never_as_it_was_looked_at_is_an_outage_and_no_refusal() {
    let full_at = |millis| lost_to(&json!({"full_at": {"N": at(millis).as_millis().to_string()}}));
    let rule = mock!(Client::update_item)
        .sequence()
        .http_status(400, Some(full_at(0)))
        .times(1)
        .http_status(400, Some(full_at(1)))
        .times(1)
        .http_status(400, Some(full_at(0)))
        .times(1)
        .http_status(400, Some(full_at(1)))
        .times(1)
        .http_status(400, Some(full_at(0)))
        .times(1)
        .http_status(400, Some(full_at(1)))
        .repeatedly()
        .build();
    let tries = Tries::new(client(&[&rule]), TABLE.to_owned());
    let keys = SessionKeys::from_secret_json(&json!({"current": "k".repeat(32)}).to_string()).unwrap();
    let taken = tries.try_take(&keys.bucket("account", "anna"), Allowance::per_hour(10), at(0)).await;
    assert!(matches!(taken, Err(TryTakeError::Store(error)) if is_outage(&error)));
    assert_eq!(rule.num_calls(), 6);
}

/// A bucket of two, of which somebody took the first in between.
#[tokio::test]
async fn the_last_try_is_taken_though_somebody_was_faster_with_the_first() {
    let of = Allowance::per_hour(3);
    let latest = at(0).plus(Duration::from_hours(1));
    let lost = |image: Value| Some(lost_to(&image));
    let rule = mock!(Client::update_item)
        .sequence()
        .http_status(400, lost(json!({})))
        .times(1)
        .http_status(400, lost(json!({"full_at": {"N": latest.as_millis().to_string()}})))
        .times(1)
        .output(|| UpdateItemOutput::builder().build())
        .build();
    let tries = Tries::new(client(&[&rule]), TABLE.to_owned());
    let keys = SessionKeys::from_secret_json(&json!({"current": "k".repeat(32)}).to_string()).unwrap();
    tries.try_take(&keys.bucket("account", "anna"), of, at(0)).await.unwrap();
    assert_eq!(rule.num_calls(), 3);
}
