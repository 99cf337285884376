//! What an operator sees: tables, queues, schedules, and functions invoked by hand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use holdfast_domain::{Order, OrderId, Ticket, TicketId, TicketState, Timestamp, UserId};
use holdfast_store::Market;
use serde_json::Value;

use crate::Stack;
use crate::stack::variable;

/// Clients with the rights of an administrator of the emulator.
#[derive(Debug, Clone)]
pub struct Aws {
    /// The market's table through the store.
    pub market: Market,
    /// Tables as they are.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Functions.
    pub lambda: aws_sdk_lambda::Client,
    /// Schedules.
    pub scheduler: aws_sdk_scheduler::Client,
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
    ssm: aws_sdk_ssm::Client,
    stack: Stack,
}

impl Aws {
    /// Where the emulator answers, without a slash at its end.
    ///
    /// # Panics
    /// When `cargo xtask test` did not start this program.
    #[must_use]
    pub fn endpoint() -> String {
        variable("AWS_ENDPOINT_URL").trim_end_matches('/').to_owned()
    }

    /// Clients for the stack that this run has.
    pub async fn get() -> Self {
        let stack = Stack::get();
        // Fails with a clear message when the test is run by hand: the SDK would ask the real cloud.
        variable("AWS_ENDPOINT_URL");
        let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
        Self {
            market: Market::new(dynamodb.clone(), stack.output("MarketTable")),
            dynamodb,
            lambda: aws_sdk_lambda::Client::new(&sdk),
            scheduler: aws_sdk_scheduler::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            ssm: aws_sdk_ssm::Client::new(&sdk),
            stack,
        }
    }

    /// Invokes a function and waits for its answer: the payload, or the error that it reports.
    ///
    /// # Errors
    /// The payload of a run that failed.
    ///
    /// # Panics
    /// When the function cannot be invoked at all.
    pub async fn invoke(&self, logical_id: &str, payload: &Value) -> Result<Value, Value> {
        let output = self
            .lambda
            .invoke()
            .function_name(self.stack.resource(logical_id))
            .payload(Blob::new(payload.to_string()))
            .send()
            .await
            .expect("an invocation");
        let answer = output.payload.map(Blob::into_inner).unwrap_or_default();
        let answer = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        if output.function_error.is_some() { Err(answer) } else { Ok(answer) }
    }

    /// The lock of a ticket.
    ///
    /// # Panics
    /// When there is no such ticket.
    pub async fn ticket(&self, id: &str) -> Ticket {
        let id: TicketId = id.parse().expect("an id");
        self.market.ticket_read(id).await.expect("a read").expect("a ticket")
    }

    /// An order.
    ///
    /// # Panics
    /// When there is no such order.
    pub async fn order(&self, buyer: &str, id: &str) -> Order {
        let (buyer, id): (UserId, OrderId) = (buyer.parse().expect("an id"), id.parse().expect("an id"));
        self.market.order_read(buyer, id).await.expect("a read").expect("an order")
    }

    /// Moves the end of a hold on the ticket into the past, as if its time had passed.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out_ticket(&self, ticket: &str) {
        self.set_times(format!("T#{ticket}"), "T".to_owned(), Self::past()).await;
    }

    /// Moves the end of a hold on ticket and order into the past.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out(&self, ticket: &str, buyer: &str, order: &str) {
        self.run_out_ticket(ticket).await;
        self.run_out_order(buyer, order).await;
    }

    /// Moves the end of every hold of these buyers into the past: those of their open orders, and their tickets'.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out_all(&self, buyers: &[String]) {
        for buyer in buyers {
            let id: UserId = buyer.parse().expect("an id");
            let mut after = None;
            loop {
                let page = self.market.order_list_by_buyer(id, 50, after).await.expect("a page");
                for order in page.items.iter().filter(|order| !order.is_final()) {
                    // What has come to rest since it was read has no time any more.
                    let (pk, sk) = (format!("U#{buyer}"), format!("O#{}", order.id));
                    self.try_set_times(pk, sk, Self::past()).await;
                    let ticket = self.market.ticket_read(order.ticket.id).await.expect("a read");
                    if ticket.is_some_and(|ticket| is_held_by(&ticket, order.id)) {
                        self.try_set_times(format!("T#{}", order.ticket.id), "T".to_owned(), Self::past()).await;
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }

    /// Moves an order's own copy of the end of its hold into the past.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out_order(&self, buyer: &str, order: &str) {
        self.set_times(format!("U#{buyer}"), format!("O#{order}"), Self::past()).await;
    }

    async fn set_times(&self, pk: String, sk: String, end: Timestamp) {
        assert!(self.try_set_times(pk, sk, end).await, "no held ticket and no open order");
    }

    /// Whether there was a held ticket or an open order whose time could be set.
    async fn try_set_times(&self, pk: String, sk: String, end: Timestamp) -> bool {
        self.try_set(pk, sk, "SET expires_at = :end, due_at = :end", end).await
    }

    async fn try_set(&self, pk: String, sk: String, set: &str, end: Timestamp) -> bool {
        let end = AttributeValue::N(end.as_millis().to_string());
        let result = self
            .dynamodb
            .update_item()
            .table_name(self.stack.output("MarketTable"))
            .key("pk", AttributeValue::S(pk))
            .key("sk", AttributeValue::S(sk))
            .update_expression(set)
            .condition_expression("attribute_exists(pk) AND attribute_exists(due_at)")
            .expression_attribute_values(":end", end)
            .send()
            .await;
        match result.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => true,
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => false,
            Err(error) => panic!("the table refuses: {error}"),
        }
    }

    /// Moves the end of a hold on ticket and order into the past, and leaves their places in the sweep's index: a sweep
    /// that another test runs meanwhile does not look at them.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out_unseen(&self, ticket: &str, buyer: &str, order: &str) {
        for (pk, sk) in [(format!("T#{ticket}"), "T".to_owned()), (format!("U#{buyer}"), format!("O#{order}"))] {
            let set = "SET expires_at = :end";
            assert!(self.try_set(pk, sk, set, Self::past()).await, "no held ticket and no open order");
        }
    }

    /// Moves the end of a hold on ticket and order so that so much of it is left; that moment.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn end_soon(&self, ticket: &str, buyer: &str, order: &str, left: Duration) -> Timestamp {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock") + left;
        let end = Timestamp::from_millis(i64::try_from(millis.as_millis()).expect("millis")).expect("a moment");
        self.set_times(format!("T#{ticket}"), "T".to_owned(), end).await;
        self.set_times(format!("U#{buyer}"), format!("O#{order}"), end).await;
        end
    }

    /// The key with which the stack's functions call Stripe.
    ///
    /// # Panics
    /// When it was not written.
    pub async fn stripe_key(&self) -> String {
        let name = "/holdfast/dev/stripe/secret_key";
        let output = self.ssm.get_parameter().name(name).with_decryption(true).send().await.expect("a parameter");
        output.parameter.and_then(|parameter| parameter.value).expect("a value")
    }

    /// Whether the sweep would look at an order.
    ///
    /// # Panics
    /// When there is no such order.
    pub async fn is_due(&self, buyer: &str, order: &str) -> bool {
        let item = self
            .dynamodb
            .get_item()
            .table_name(self.stack.output("MarketTable"))
            .key("pk", AttributeValue::S(format!("U#{buyer}")))
            .key("sk", AttributeValue::S(format!("O#{order}")))
            .consistent_read(true)
            .send()
            .await
            .expect("a read");
        item.item.expect("an order").contains_key("due_shard")
    }

    /// Runs the sweep once.
    ///
    /// # Panics
    /// When it fails.
    pub async fn sweep(&self) {
        self.invoke("Sweep", &serde_json::json!({})).await.expect("a sweep");
    }

    /// Makes a closed account one that was closed long ago, if it is there: no request of its owner can be under way.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn closed_long_ago(&self, user: &str) {
        let updated = self
            .dynamodb
            .update_item()
            .table_name(self.stack.output("AccountsTable"))
            .key("pk", AttributeValue::S(format!("A#{user}")))
            .update_expression("SET closed_at = :past")
            .condition_expression("attribute_exists(closed_at)")
            .expression_attribute_values(":past", AttributeValue::N(Self::past().as_millis().to_string()))
            .send()
            .await;
        match updated.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => {}
            Err(error) => panic!("the table refuses: {error}"),
        }
    }

    /// Whether there is anything left of an account under its id.
    ///
    /// # Panics
    /// When the table cannot be read.
    pub async fn has_account(&self, user: &str) -> bool {
        let get = self.dynamodb.get_item().table_name(self.stack.output("AccountsTable")).consistent_read(true);
        get.key("pk", AttributeValue::S(format!("A#{user}"))).send().await.expect("a read").item.is_some()
    }

    /// Delivers a message of the erasure queue, with these further members. Whether it has to come again.
    ///
    /// # Errors
    /// The payload of a run that failed.
    pub async fn erase(&self, user: &str, pass: &str, rest: &Value) -> Result<bool, Value> {
        let mut body = serde_json::json!({"user": user, "pass": pass});
        if let (Some(body), Some(rest)) = (body.as_object_mut(), rest.as_object()) {
            body.extend(rest.clone());
        }
        let batch = serde_json::json!({"Records": [{"messageId": "1", "body": body.to_string()}]});
        let answer = self.invoke("EraseAccount", &batch).await?;
        Ok(answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty()))
    }

    /// The moment that [`Aws::run_out`] sets.
    ///
    /// # Panics
    /// Never: it is a moment.
    #[must_use]
    pub fn past() -> Timestamp {
        // A minute after the epoch: earlier than any clock of a test says.
        Timestamp::from_millis(60_000).expect("a moment")
    }
}

fn is_held_by(ticket: &Ticket, order: OrderId) -> bool {
    match ticket.state {
        TicketState::Held(hold) => hold.order == order,
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => false,
    }
}
