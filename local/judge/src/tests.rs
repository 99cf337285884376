//! Each promise is broken in a small true world, in one place at a time, and the judge has to say so.

use serde_json::{Value, json};

use super::*;

const TICKET: &str = "t1";
const ORDER: &str = "o1";
const GIVEN_UP: &str = "o0";
const SELLER: &str = "seller";
const BUYER: &str = "buyer";
const CALM: i64 = 1_000_000;

fn item(value: &Value) -> Item {
    value.as_object().cloned().unwrap_or_default()
}

fn lock(version: i64, more: &Value) -> Item {
    let mut lock = item(&json!({
        "pk": "T#t1", "sk": "T", "state": "listed", "seller": SELLER, "title": "Storm k1", "amount": 4500,
        "currency": "eur", "created_at": 10_000, "version": version,
    }));
    lock.extend(item(more));
    lock
}

fn held(version: i64, order: &str, hold: i64) -> Item {
    let more = json!({
        "state": "held", "order_id": order, "buyer": BUYER, "hold": hold, "expires_at": 60_000, "due_at": 60_000,
    });
    lock(version, &more)
}

fn of_sale(version: i64, state: &str) -> Item {
    lock(version, &json!({"state": state, "order_id": ORDER, "buyer": BUYER, "hold": 4}))
}

fn order(key: &str, version: i64, state: &str, hold: i64) -> Item {
    let mut order = item(&json!({
        "pk": format!("U#{BUYER}"), "sk": format!("O#{key}"), "state": state, "ticket": TICKET, "title": "Storm k1",
        "amount": 4500, "hold": hold, "expires_at": 60_000, "created_at": 20_000, "version": version,
    }));
    if key == ORDER {
        order.insert("intent".to_owned(), json!("pi_1"));
    }
    order
}

fn change(at: i64, old: Option<Item>, new: Option<Item>) -> Change {
    Change { at, old, new }
}

/// A ticket is listed, held by an order that is given up, held by another and sold.
fn changes() -> Vec<Change> {
    vec![
        change(10_000, None, Some(lock(1, &json!({})))),
        change(12_000, Some(lock(1, &json!({}))), Some(held(2, GIVEN_UP, 2))),
        change(12_000, None, Some(order(GIVEN_UP, 1, "awaiting_payment", 2))),
        change(15_000, Some(held(2, GIVEN_UP, 2)), Some(lock(3, &json!({})))),
        change(15_000, Some(order(GIVEN_UP, 1, "awaiting_payment", 2)), Some(order(GIVEN_UP, 2, "cancelled", 2))),
        change(20_000, Some(lock(3, &json!({}))), Some(held(4, ORDER, 4))),
        change(20_000, None, Some(order(ORDER, 1, "awaiting_payment", 4))),
        change(25_000, Some(held(4, ORDER, 4)), Some(of_sale(5, "committed"))),
        change(25_000, Some(order(ORDER, 1, "awaiting_payment", 4)), Some(order(ORDER, 2, "capturing", 4))),
        change(26_000, Some(of_sale(5, "committed")), Some(of_sale(6, "sold"))),
        change(26_000, Some(order(ORDER, 2, "capturing", 4)), Some(order(ORDER, 3, "paid", 4))),
    ]
}

fn event(name: &str, kind: &str, id: &str, version: i64, data: Value) -> Event {
    let aggregate = Aggregate { kind: kind.to_owned(), id: id.to_owned() };
    Event { id: format!("{id}/{version}/{name}"), aggregate, version, name: name.to_owned(), data }
}

fn events() -> Vec<Event> {
    let of_order = || json!({"buyer": BUYER, "ticket": TICKET});
    vec![
        event("TicketListed", "ticket", TICKET, 1, json!({"seller": SELLER})),
        event("OrderPlaced", "order", GIVEN_UP, 1, of_order()),
        event("TicketReleased", "ticket", TICKET, 3, json!({"order": GIVEN_UP, "buyer": BUYER})),
        event("OrderCancelled", "order", GIVEN_UP, 2, of_order()),
        event("OrderPlaced", "order", ORDER, 1, of_order()),
        event("TicketSold", "ticket", TICKET, 6, json!({"order": ORDER, "seller": SELLER})),
        event("OrderPaid", "order", ORDER, 3, of_order()),
        // Once more, which is right.
        event("OrderPaid", "order", ORDER, 3, of_order()),
    ]
}

/// A request of someone at a moment, with its answer.
fn request(number: u64, user: &str, what: &str, path: &str, answered: (u16, Value)) -> Request {
    let from = i64::try_from(number).unwrap() * 1_000 + 9_000;
    Request {
        number,
        from,
        to: from + 500,
        user: user.to_owned(),
        what: what.to_owned(),
        path: path.to_owned(),
        key: None,
        body: Value::Null,
        status: Some(answered.0),
        answer: answered.1,
    }
}

fn keyed(key: &str, body: Value, request: Request) -> Request {
    Request { key: Some(key.to_owned()), body, ..request }
}

fn order_answer(key: &str, state: &str) -> Value {
    let ticket = json!({"id": TICKET, "title": "Storm k1", "price": {"amount": 4500, "currency": "eur"}});
    json!({"id": key, "state": state, "created_at": "1970-01-01T00:00:20Z", "ticket": ticket})
}

fn placed(number: u64, key: &str, order: &str) -> Request {
    let answer = (201, order_answer(order, "awaiting_payment"));
    keyed(key, json!({"ticket_id": TICKET}), request(number, BUYER, "place_order", "/api/orders", answer))
}

fn begun(payment: &str) -> (u16, Value) {
    (201, json!({"client_secret": format!("{payment}_secret_x")}))
}

fn requests() -> Vec<Request> {
    let listing = json!({"title": "Storm k1", "price": {"amount": 4500, "currency": "eur"}});
    let listed = (201, json!({"id": TICKET, "version": 1, "created_at": "1970-01-01T00:00:10Z"}));
    let cancelled = (200, order_answer(GIVEN_UP, "cancelled"));
    let paid = (200, order_answer(ORDER, "paid"));
    vec![
        request(1, SELLER, "sign_up", "/api/users", (201, json!({"id": SELLER}))),
        keyed("k1", listing, request(2, SELLER, "create_ticket", "/api/tickets", listed)),
        placed(3, "a", GIVEN_UP),
        request(6, BUYER, "cancel_order", "/api/orders/o0", cancelled),
        placed(11, "b", ORDER),
        request(12, BUYER, "start_payment", "/api/orders/o1/payment", begun("pi_1")),
        request(16, BUYER, "reconcile_order", "/api/orders/o1/reconcile", paid),
        placed(18, "b", ORDER),
    ]
}

fn payment(id: &str, status: &str, captured: i64) -> Payment {
    Payment {
        id: id.to_owned(),
        order: Some(ORDER.to_owned()),
        amount: 4500,
        status: status.to_owned(),
        amount_capturable: 0,
        amount_captured: captured,
        amount_refunded: 0,
    }
}

fn truth() -> Evidence {
    Evidence {
        run: Run { seed: 7, calm_from: CALM, judged_at: CALM + 90_000, ..Run::default() },
        requests: requests(),
        changes: changes(),
        events: events(),
        market: vec![of_sale(6, "sold"), order(GIVEN_UP, 2, "cancelled", 2), order(ORDER, 3, "paid", 4)],
        accounts: vec![item(&json!({"pk": "A#seller"}))],
        payments: vec![payment("pi_0", "canceled", 0), payment("pi_1", "succeeded", 4500)],
        ..Evidence::default()
    }
}

/// Breaks something, and asserts that this promise is among those which the judge finds broken.
#[track_caller]
fn breaks(promise: Promise, doctor: impl FnOnce(&mut Evidence)) {
    let mut evidence = truth();
    doctor(&mut evidence);
    let found = judge(&evidence);
    assert!(found.iter().any(|violation| violation.promise == promise), "{promise} is not among {found:#?}");
}

fn set(item: &mut Item, name: &str, value: impl Into<Value>) {
    item.insert(name.to_owned(), value.into());
}

#[test]
fn what_is_true_is_not_doubted() {
    assert_eq!(judge(&truth()), []);
}

#[test]
fn p0_an_answer_says_that_the_fault_is_ours() {
    breaks(Promise::Answers, |world| {
        world.requests.push(request(19, BUYER, "place_order", "/api/orders", (500, Value::Null)));
    });
}

#[test]
fn p1_two_orders_of_a_ticket_are_paid() {
    breaks(Promise::OneSale, |world| set(&mut world.market[1], "state", "paid"));
}

#[test]
fn p1_an_order_was_paid_and_is_not_any_more() {
    breaks(Promise::OneSale, |world| {
        let once = change(16_000, None, Some(order(GIVEN_UP, 2, "paid", 2)));
        world.changes.insert(5, once);
    });
}

#[test]
fn p1_a_sold_ticket_changes_hands() {
    breaks(Promise::OneSale, |world| {
        let mut other = of_sale(7, "sold");
        set(&mut other, "order_id", GIVEN_UP);
        world.changes.push(change(30_000, Some(of_sale(6, "sold")), Some(other)));
    });
}

#[test]
fn p1_a_ticket_is_sold_to_nobody_or_paid_for_and_not_sold() {
    breaks(Promise::OneSale, |world| {
        world.market.pop();
        world.changes.pop();
    });
    breaks(Promise::OneSale, |world| set(&mut world.market[0], "state", "listed"));
}

#[test]
fn p2_money_of_an_order_that_is_not_paid() {
    breaks(Promise::Money, |world| {
        world.payments[0].order = Some(GIVEN_UP.to_owned());
        world.payments[0].amount_captured = 4500;
    });
}

#[test]
fn p2_a_paid_order_without_its_money_or_with_too_much() {
    for captured in [0, 4499, 9000] {
        breaks(Promise::Money, |world| world.payments[1].amount_captured = captured);
    }
    breaks(Promise::Money, |world| world.payments[1].amount_refunded = 4500);
}

#[test]
fn p2_money_that_stays_set_aside() {
    breaks(Promise::Money, |world| world.payments[0].amount_capturable = 4500);
}

#[test]
fn p2_money_of_an_order_that_was_never_recorded() {
    breaks(Promise::Money, |world| world.payments.push(Payment { order: None, ..payment("pi_2", "succeeded", 4500) }));
}

#[test]
fn p2_an_order_at_another_price_than_its_hold() {
    breaks(Promise::Money, |world| {
        set(&mut world.market[2], "amount", 1000);
        world.payments[1].amount_captured = 1000;
    });
    breaks(Promise::Money, |world| set(&mut world.market[1], "hold", 9));
}

#[test]
fn p3_a_ticket_or_an_order_that_is_stuck() {
    for state in ["held", "committed"] {
        breaks(Promise::Rest, |world| set(&mut world.market[0], "state", state));
    }
    for state in ["awaiting_payment", "capturing"] {
        breaks(Promise::Rest, |world| set(&mut world.market[2], "state", state));
    }
    breaks(Promise::Rest, |world| set(&mut world.market[1], "due_at", 15_000));
}

#[test]
fn p4_a_change_without_its_event() {
    for place in 0..6 {
        breaks(Promise::Events, |world| {
            world.events.remove(place);
        });
    }
    breaks(Promise::Events, |world| world.events.retain(|event| event.name != "OrderPaid"));
}

#[test]
fn p4_an_event_without_a_change_or_of_another_version() {
    breaks(Promise::Events, |world| world.events.push(event("TicketSold", "ticket", TICKET, 9, Value::Null)));
    breaks(Promise::Events, |world| world.events[2].version = 4);
}

#[test]
fn p4_an_event_that_names_another_order_or_changes_when_it_is_told_again() {
    breaks(Promise::Events, |world| world.events[2].data = json!({"order": ORDER, "buyer": BUYER}));
    breaks(Promise::Events, |world| world.events[7].data = json!({"buyer": "another", "ticket": TICKET}));
    breaks(Promise::Events, |world| world.events[7].id = "another".to_owned());
}

#[test]
fn p4_rows_that_are_missing_or_left_over() {
    let place = "000000000010000#t1";
    let row = |pk: &str, sk: &str| item(&json!({"pk": pk, "sk": sk}));
    let on_the_market = |world: &mut Evidence| {
        world.market.push(lock(1, &json!({"pk": "T#t2", "title": "Two"})));
        let sk = "000000000010000#t2";
        world.market.extend([row("C#NEWEST", sk), row("W#two#N", sk)]);
    };
    breaks(Promise::Events, |world| world.market.push(row("C#NEWEST", place)));
    breaks(Promise::Events, |world| world.market.push(lock(1, &json!({"pk": "T#t2"}))));
    breaks(Promise::Events, |world| {
        on_the_market(world);
        world.market.pop();
    });
    breaks(Promise::Events, |world| {
        on_the_market(world);
        world.market.push(row("W#before#N", "000000000010000#t2"));
    });
    let mut world = truth();
    on_the_market(&mut world);
    let about_rows = |violation: &Violation| violation.evidence.contains("row");
    assert!(!judge(&world).iter().any(about_rows), "rows of a ticket that is on the market");
}

#[test]
fn p5_a_hold_is_released_that_nobody_gave_up() {
    breaks(Promise::Holds, |world| world.requests.retain(|request| request.what != "cancel_order"));
    breaks(Promise::Holds, |world| {
        world.requests.retain(|request| request.what != "cancel_order");
        set(&mut world.market[1], "state", "expired");
        world.payments[0].order = Some(GIVEN_UP.to_owned());
    });
    breaks(Promise::Holds, |world| {
        let cancel = world.requests.iter_mut().find(|request| request.what == "cancel_order").unwrap();
        (cancel.status, cancel.answer) = (Some(409), Value::Null);
    });
    breaks(Promise::Holds, |world| set(&mut world.market[1], "state", "awaiting_payment"));
    breaks(Promise::Holds, |world| {
        let released = change(22_000, Some(held(4, ORDER, 4)), Some(lock(5, &json!({}))));
        world.changes.insert(7, released);
    });
}

#[test]
fn p5_a_hold_is_taken_over_before_its_time() {
    breaks(Promise::Holds, |world| world.changes[3].new = Some(held(3, ORDER, 3)));
    breaks(Promise::Holds, |world| {
        world.changes[9].new = Some(lock(6, &json!({"state": "sold", "order_id": GIVEN_UP, "hold": 2})));
    });
    breaks(Promise::Holds, |world| world.changes[3].new = None);
}

#[test]
fn p5_a_hold_that_has_run_out_may_go() {
    let mut world = truth();
    (world.changes[3].at, world.changes[3].new) = (60_000, Some(held(3, ORDER, 3)));
    assert!(judge(&world).iter().all(|violation| violation.promise != Promise::Holds));
}

#[test]
fn p6_what_was_acknowledged_is_not_there() {
    for place in [0, 1, 2] {
        breaks(Promise::Kept, |world| {
            world.market.remove(place);
        });
    }
    breaks(Promise::Kept, |world| world.accounts.clear());
    breaks(Promise::Kept, |world| {
        world.market[2].remove("intent");
    });
    breaks(Promise::Kept, |world| {
        world.payments.pop();
    });
    breaks(Promise::Kept, |world| set(&mut world.market[2], "ticket", "t2"));
}

#[test]
fn p6_a_final_answer_is_not_final() {
    breaks(Promise::Kept, |world| set(&mut world.market[1], "state", "expired"));
    breaks(Promise::Kept, |world| set(&mut world.market[2], "state", "cancelled"));
}

#[test]
fn p6_a_deleted_ticket_is_still_there() {
    breaks(Promise::Kept, |world| {
        world.requests.push(request(5, SELLER, "delete_ticket", "/api/tickets/t1", (204, Value::Null)));
    });
}

#[test]
fn p6_a_change_is_lost_and_one_of_unknown_outcome_may_be() {
    let body = json!({"title": "Storm changed", "price": {"amount": 4700, "currency": "eur"}});
    let answer = (200, json!({"id": TICKET, "version": 2}));
    let changed = Request { body, ..request(4, SELLER, "update_ticket", "/api/tickets/t1", answer) };
    breaks(Promise::Kept, |world| world.requests.push(changed.clone()));
    let mut world = truth();
    world.requests.push(Request { status: None, answer: Value::Null, ..changed });
    assert_eq!(judge(&world), []);
}

#[test]
fn p6_an_old_change_comes_back() {
    breaks(Promise::Kept, |world| set(&mut world.market[0], "version", 0));
}

#[test]
fn p7_a_retry_is_answered_otherwise() {
    breaks(Promise::Keys, |world| world.requests[7].answer["id"] = json!(GIVEN_UP));
    breaks(Promise::Keys, |world| world.requests[7].answer["ticket"]["price"]["amount"] = json!(1));
    breaks(Promise::Keys, |world| world.requests[7].status = Some(409));
}

#[test]
fn p7_two_keys_give_one_order() {
    breaks(Promise::Keys, |world| world.requests[4].answer["id"] = json!(GIVEN_UP));
}

#[test]
fn p7_one_key_has_two_effects() {
    breaks(Promise::Keys, |world| {
        let again = lock(1, &json!({"pk": "T#t2"}));
        world.changes.push(change(11_000, None, Some(again)));
    });
    breaks(Promise::Keys, |world| {
        let again = change(30_000, None, Some(order(ORDER, 1, "awaiting_payment", 4)));
        world.changes.push(again);
    });
    breaks(Promise::Keys, |world| world.payments.push(payment("pi_2", "requires_capture", 0)));
}

#[test]
fn p7_a_payment_is_begun_twice_and_its_buyer_gets_another_one() {
    breaks(Promise::Keys, |world| {
        world.requests.push(request(13, BUYER, "start_payment", "/api/orders/o1/payment", begun("pi_2")));
    });
    let mut world = truth();
    world.payments.push(payment("pi_2", "requires_payment_method", 0));
    assert_eq!(judge(&world), [], "a payment whose secret nobody has");
}

#[test]
fn a_run_in_which_nothing_happened_says_nothing() {
    assert_eq!(too_little(&Evidence::default()).len(), 13);
    let missing = too_little(&truth());
    assert!(!missing.contains(&"no order was paid") && missing.contains(&"no order expired"), "{missing:?}");
}
