//! A way through the model, told so that somebody can follow it.

use stateright::Path;

use crate::interned::Kept;
use crate::names;
use crate::protocol::{Action, Protocol, State, with_fault};
use crate::replay::Wants;
use crate::run::{End, Job, Run, Status};

/// A line for each thing that happens: who, what, and what came of it.
pub(crate) fn lines(model: &Protocol, path: Path<State, Action>) -> Vec<String> {
    let told = path.into_vec();
    let steps = told.iter().filter_map(|(state, action)| action.map(|action| (state, action)));
    let mut lines: Vec<String> = steps
        .enumerate()
        .map(|(number, (state, action))| format!("{:>3}. {}", number + 1, line(model, state, action)))
        .collect();
    if let Some((last, None)) = told.last() {
        lines.extend(stored(last).into_iter().map(|line| format!("     then {line}")));
    }
    lines
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Once,
    /// Stripe makes another payment.
    Anew,
    /// It takes effect, and its answer is lost.
    Repeated,
}

fn line(model: &Protocol, state: &State, action: Action) -> String {
    let go = |slot: usize, how| state.runs[slot].map_or_else(String::new, |run| called(model, state, run, how));
    with_fault(model.fault(), || match action {
        Action::Begin(job) => called(model, state, Run::new(job, model.setting.number), How::Once),
        Action::Go(slot) => go(slot, How::Once),
        Action::GoAnew(slot) => go(slot, How::Anew),
        Action::Repeat(slot) => go(slot, How::Repeated),
        Action::Stray(slot) => state.runs[slot].map_or_else(String::new, |run| {
            let call = run.call().map_or_else(String::new, ToString::to_string);
            format!("{}: {call}: that stays under way, and the call is made again", who(run.job))
        }),
        Action::Arrive => state.stray.map_or_else(String::new, |stray| {
            let answer = model.arrive(&mut state.clone()).map_or_else(String::new, |answer| answer.to_string());
            format!("{}, who has gone on: {}: only now: {answer}", who(stray.job), stray.call)
        }),
        Action::Crash(slot) => state.runs[slot].map_or_else(String::new, |run| format!("{}: dies", who(run.job))),
        Action::Tick => format!("clock: moment {}", state.world.now + 1),
        Action::Authorise(number) => format!("buyer: the card is authorised for payment {number}"),
        Action::Lapse(number) => format!("Stripe: payment {number} is void, nobody has captured it in time"),
        Action::Vanish(number) => format!("bank: the authorisation of payment {number} is withdrawn"),
    })
}

fn called(model: &Protocol, state: &State, run: Kept<Run>, how: How) -> String {
    let mut after = state.clone();
    let answer = model.call(&mut after, run, how == How::Anew);
    let asked = match run.status() {
        Status::Waits(Wants::Call(call)) => call.to_string(),
        Status::Waits(Wants::Clock) | Status::Ended(_) => "reads the clock".to_owned(),
    };
    let then = match how {
        How::Once => ending(run.answered(answer.clone()).status()),
        How::Anew => "; Stripe has failed after the first one: this is under the next key",
        How::Repeated => "; the answer is lost, and the call is made again",
    };
    format!("{}: {asked}: {answer}{then}", who(run.job))
}

fn ending(status: &Status) -> &'static str {
    match status {
        Status::Waits(_) => "",
        Status::Ended(End::Silent) => "; ends",
        Status::Ended(End::Placed(_)) => "; answers the order",
        Status::Ended(End::Payable(_) | End::Moved { .. }) => "; answers the payment's secret",
        Status::Ended(End::Reconcile { .. }) => "; is to look again",
        Status::Ended(End::Impossible(_)) => "; fails",
    }
}

fn who(job: Job) -> String {
    match job {
        Job::Place { order, buyer, .. } => format!("buyer {}, place_order for order {}", buyer + 1, order + 1),
        Job::Cancel { order, buyer } => format!("buyer {}, cancel_order for order {}", buyer + 1, order + 1),
        Job::Start { order, buyer } => format!("buyer {}, start_payment for order {}", buyer + 1, order + 1),
        Job::Reconcile { order, .. } => format!("reconcile of order {}", order + 1),
        Job::Expire { order, .. } => format!("expire_order for order {}", order + 1),
        Job::SweepHold { ticket } => format!("sweep at ticket {}", ticket + 1),
        Job::ChangePrice { ticket } => format!("seller, update_ticket for ticket {}", ticket + 1),
        Job::Delete { ticket } => format!("seller, delete_ticket for ticket {}", ticket + 1),
    }
}

/// What is stored in the end.
fn stored(state: &State) -> Vec<String> {
    let world = &state.world;
    let tickets = world.tickets.iter().flatten();
    let tickets = tickets.map(|ticket| format!("{} is {}", names::ticket(ticket.id), names::ticket_state(ticket)));
    let orders = world.orders.iter().flatten().map(|filed| {
        let due = if filed.is_due { ", due" } else { "" };
        format!("{} is {}{due}", names::order(filed.order.id), names::order_state(&filed.order))
    });
    let payments = world.payments.iter().enumerate().filter_map(|(number, payment)| {
        payment.map(|payment| format!("payment {number} is {:?}, over {}", payment.state, payment.amount))
    });
    tickets.chain(orders).chain(payments).collect()
}
