//! What an operator sees: tables, queues, schedules, and functions invoked by hand.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use holdfast_domain::{Order, OrderId, Ticket, TicketId, Timestamp, UserId};
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
    stack: Stack,
}

impl Aws {
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
        self.set_times(format!("T#{ticket}"), "T".to_owned()).await;
    }

    /// Moves the end of a hold on ticket and order into the past.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out(&self, ticket: &str, buyer: &str, order: &str) {
        self.run_out_ticket(ticket).await;
        self.run_out_order(buyer, order).await;
    }

    /// Moves an order's own copy of the end of its hold into the past.
    ///
    /// # Panics
    /// When the table refuses.
    pub async fn run_out_order(&self, buyer: &str, order: &str) {
        self.set_times(format!("U#{buyer}"), format!("O#{order}")).await;
    }

    async fn set_times(&self, pk: String, sk: String) {
        // A minute after the epoch: earlier than any clock of a test says.
        let past = AttributeValue::N("60000".to_owned());
        self.dynamodb
            .update_item()
            .table_name(self.stack.output("MarketTable"))
            .key("pk", AttributeValue::S(pk))
            .key("sk", AttributeValue::S(sk))
            .update_expression("SET expires_at = :past, due_at = :past")
            .condition_expression("attribute_exists(pk) AND attribute_exists(due_at)")
            .expression_attribute_values(":past", past)
            .send()
            .await
            .expect("a held ticket or an open order");
    }

    /// Runs the sweep once.
    ///
    /// # Panics
    /// When it fails.
    pub async fn sweep(&self) {
        self.invoke("Sweep", &serde_json::json!({})).await.expect("a sweep");
    }

    /// The moment that [`Aws::run_out`] sets.
    ///
    /// # Panics
    /// Never: it is a moment.
    #[must_use]
    pub fn past() -> Timestamp {
        Timestamp::from_millis(60_000).expect("a moment")
    }
}
