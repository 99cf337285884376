//! The reader: DynamoDB items by their attributes and Stripe's books by their fields, with nothing of Holdfast between.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use fake_stripe::LedgerIntent;
use tests::{Aws, Stack, Stripe};

type Item = std::collections::HashMap<String, AttributeValue>;

/// Where it reads.
#[derive(Debug)]
pub(crate) struct Reader {
    dynamodb: aws_sdk_dynamodb::Client,
    table: String,
    stripe: Stripe,
}

/// What it read at one time.
#[derive(Debug)]
pub(crate) struct Books {
    orders: Vec<Item>,
    tickets: Vec<Item>,
    payments: Vec<LedgerIntent>,
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn number(item: &Item, name: &str) -> i64 {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok()).unwrap_or(-1)
}

fn id<'a>(item: &'a Item, key: &str) -> &'a str {
    text(item, key).split_once('#').map_or("", |(_, id)| id)
}

impl Reader {
    pub(crate) fn new(aws: &Aws, stack: &Stack, stripe: &Stripe) -> Self {
        Self { dynamodb: aws.dynamodb.clone(), table: stack.output("MarketTable"), stripe: stripe.clone() }
    }

    /// Everything of these buyers and tickets.
    pub(crate) async fn read(&self, buyers: &[String], tickets: &[String]) -> Books {
        let mut books = Books { orders: Vec::new(), tickets: Vec::new(), payments: Vec::new() };
        for buyer in buyers {
            let items = self.partition(format!("U#{buyer}")).await;
            books.orders.extend(items.into_iter().filter(|item| text(item, "sk").starts_with("O#")));
        }
        for ticket in tickets {
            let items = self.partition(format!("T#{ticket}")).await;
            books.tickets.extend(items.into_iter().filter(|item| text(item, "sk") == "T"));
        }
        let orders: Vec<&str> = books.orders.iter().map(|order| id(order, "sk")).collect();
        let all = self.stripe.ledger().await.intents;
        let of_these = |one: &LedgerIntent| one.order.as_deref().is_some_and(|order| orders.contains(&order));
        books.payments = all.into_iter().filter(of_these).collect();
        books
    }

    async fn partition(&self, pk: String) -> Vec<Item> {
        let pages = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<Vec<Item>, _>>().await.expect("a query")
    }
}

impl Books {
    /// Whether nothing is under way any more.
    pub(crate) fn is_at_rest(&self) -> bool {
        let ended = |order: &Item| matches!(text(order, "state"), "paid" | "cancelled" | "expired");
        let free = |ticket: &Item| matches!(text(ticket, "state"), "listed" | "sold");
        let due = |item: &Item| item.contains_key("due_shard") || item.contains_key("due_at");
        self.orders.iter().all(|order| ended(order) && !due(order))
            && self.tickets.iter().all(|ticket| free(ticket) && !due(ticket))
    }

    pub(crate) fn paid(&self) -> usize {
        self.orders.iter().filter(|order| text(order, "state") == "paid").count()
    }

    /// Payments that were authorised and void in the end.
    pub(crate) fn voided(&self) -> usize {
        self.payments.iter().filter(|one| one.amount_captured == 0 && one.charges > 0).count()
    }

    pub(crate) fn summary(&self) -> String {
        let sold = self.tickets.iter().filter(|ticket| text(ticket, "state") == "sold").count();
        let taken: i64 = self.payments.iter().map(|one| one.amount_captured).sum();
        format!(
            "{} orders read, {} paid, {sold} of {} tickets sold, {} payments, {} of them tried and void, {taken} taken",
            self.orders.len(),
            self.paid(),
            self.tickets.len(),
            self.payments.len(),
            self.voided(),
        )
    }

    /// What is not as it should be.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut buyers_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for order in &self.orders {
            let (key, state) = (id(order, "sk"), text(order, "state"));
            let of_order = self.payments.iter().filter(|one| one.order.as_deref() == Some(key));
            let kept: i64 = of_order.clone().map(|one| one.amount_captured - one.amount_refunded).sum();
            let wanted = if state == "paid" { number(order, "amount") } else { 0 };
            if kept != wanted {
                faults.push(format!("order {key} is {state}: {kept} was kept, {wanted} is right"));
            }
            if of_order.clone().any(|one| one.amount_capturable != 0) {
                faults.push(format!("order {key} is {state}, and money is still reserved"));
            }
            if state == "paid" {
                buyers_of.entry(text(order, "ticket")).or_default().push(key);
            }
        }
        for ticket in &self.tickets {
            let key = id(ticket, "pk");
            let bought = buyers_of.remove(key).unwrap_or_default();
            let fits = match text(ticket, "state") {
                "sold" => bought == [text(ticket, "order_id")],
                "listed" => bought.is_empty(),
                _ => false,
            };
            if !fits {
                faults.push(format!("ticket {key} is {}, and paid orders are {bought:?}", text(ticket, "state")));
            }
        }
        if !buyers_of.is_empty() {
            faults.push(format!("paid orders of tickets that are not there: {buyers_of:?}"));
        }
        faults
    }
}
