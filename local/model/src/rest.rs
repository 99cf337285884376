//! What comes of a state when every run that is under way dies there, time is over for every hold, and the sweep alone runs.
//!
//! That is judged for every state that is reached, so that it says: from wherever our code stops, the sweep brings everything
//! to rest. The sweep's runs are deployed code, too, and every one of their calls is judged like any other.

use std::collections::HashMap;
use std::fmt;
use std::sync::PoisonError;

use ahash::RandomState;
use holdfast_domain::{OrderState, TicketState};

use crate::interned::{Kept, Sharded};
use crate::judge::Memory;
use crate::names;
use crate::protocol::{Protocol, SLOTS, State};
use crate::run::{End, Job, Nr, Run, Status};
use crate::setting::UNLIMITED;
use crate::world::{BUYERS, ORDERS, PaymentState, TICKETS, World};

/// Runs of the sweep, of which the last must find nothing to do.
const SWEEPS: u32 = 6;
/// Rounds of one reconciliation, as `holdfast_checkout` has them.
const ROUNDS: u32 = 8;
/// What came of the states that were judged before: most differ in their runs only, and those are dead by then.
#[derive(Default)]
pub(crate) struct Rests(Sharded<Found>);

type Found = HashMap<(World, Memory), Option<Kept<String>>, RandomState>;

impl fmt::Debug for Rests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rests")
    }
}

impl Rests {
    /// What is wrong with what comes of a state.
    pub(crate) fn of(&self, protocol: &Protocol, state: &State) -> Option<Kept<String>> {
        let mut world = state.world;
        world.now = 0;
        // The sweep renews no hold.
        let key = (world, Memory { held_since: [0; TICKETS], ..state.memory });
        let shard = self.0.of(&key);
        if let Some(found) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return *found;
        }
        let found = [true, false].into_iter().find_map(|orders_first| {
            let mut resting = Resting::new(protocol, state);
            resting.sweep(orders_first).and_then(|()| resting.judge()).err()
        });
        let found = found.map(Kept::new);
        shard.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found);
        found
    }
}

/// A state in which the sweep alone runs.
struct Resting<'p> {
    protocol: &'p Protocol,
    state: State,
}

impl<'p> Resting<'p> {
    fn new(protocol: &'p Protocol, state: &State) -> Self {
        let mut state = State { runs: [None; SLOTS], stray: None, ..state.clone() };
        state.world.now = names::LATER;
        Self { protocol, state }
    }

    /// Sweeps until nothing changes any more.
    fn sweep(&mut self, orders_first: bool) -> Result<(), String> {
        for _ in 0..SWEEPS {
            let before = self.state.world;
            if orders_first {
                self.sweep_orders()?;
                self.sweep_tickets()?;
            } else {
                self.sweep_tickets()?;
                self.sweep_orders()?;
            }
            if self.state.world == before {
                return Ok(());
            }
        }
        Err(format!("the sweep finds something to do for the {SWEEPS}th time"))
    }

    fn sweep_orders(&mut self) -> Result<(), String> {
        for number in 0..ORDERS {
            if let Some(filed) = self.state.world.order(number).filter(|filed| filed.is_due) {
                let buyer = Nr::try_from(names::buyer_number(filed.order.buyer)).map_err(|error| error.to_string())?;
                self.reconcile(Nr::try_from(number).map_err(|error| error.to_string())?, buyer)?;
            }
        }
        Ok(())
    }

    fn sweep_tickets(&mut self) -> Result<(), String> {
        for number in 0..TICKETS {
            let held = self.state.world.ticket(number);
            if held.is_some_and(|ticket| matches!(ticket.state, TicketState::Held(_))) {
                let ticket = Nr::try_from(number).map_err(|error| error.to_string())?;
                if let End::Reconcile { order, buyer } = self.run(Job::SweepHold { ticket })? {
                    self.reconcile(order, buyer)?;
                }
            }
        }
        Ok(())
    }

    fn reconcile(&mut self, order: Nr, buyer: Nr) -> Result<(), String> {
        for _ in 0..ROUNDS {
            if self.run(Job::Reconcile { order, buyer })? == End::Silent {
                return Ok(());
            }
        }
        Err(format!("order {} does not come to rest in {ROUNDS} rounds", order + 1))
    }

    /// Runs our code from the beginning to the end, alone.
    fn run(&mut self, job: Job) -> Result<End, String> {
        let mut run = Run::new(job, self.protocol.setting.number);
        loop {
            match run.status() {
                Status::Waits(_) => {
                    let answer = self.protocol.call(&mut self.state, run, false);
                    if let Some(wrong) = self.state.wrong {
                        return Err(format!("while it sweeps, {}", *wrong));
                    }
                    run = run.answered(answer);
                }
                Status::Ended(end) => {
                    Protocol::ended(&mut self.state, run);
                    return self.state.wrong.map_or(Ok(end.clone()), |wrong| Err((*wrong).clone()));
                }
            }
        }
    }

    /// What must be true at rest.
    fn judge(&mut self) -> Result<(), String> {
        let world = self.state.world;
        for number in 0..ORDERS {
            judge_order(number, &world)?;
            if self.state.memory.is_in_time(number) {
                return Err(format!("order {} is not paid, although its payment was authorised in time", number + 1));
            }
        }
        for number in 0..TICKETS {
            judge_ticket(number, &world)?;
        }
        for (number, payment) in world.payments.iter().enumerate() {
            let Some(payment) = payment else {
                continue;
            };
            let order = world.order(payment.order.into()).map(|filed| &filed.order);
            let is_paid = order.is_some_and(
                |order| matches!(&order.state, OrderState::Paid { intent, .. } if *intent == names::intent_id(number)),
            );
            match payment.state {
                PaymentState::Captured if !is_paid => {
                    return Err(format!("payment {number} is captured, and its order is not paid by it"));
                }
                PaymentState::Open | PaymentState::Authorised if payment.secret_out => {
                    return Err(format!("payment {number} can still be paid, and nobody would ever take or void it"));
                }
                PaymentState::Captured | PaymentState::Canceled | PaymentState::Open | PaymentState::Authorised => {}
            }
        }
        self.judge_room()
    }

    /// Nobody who holds nothing is refused for holding too much.
    fn judge_room(&mut self) -> Result<(), String> {
        let limit = self.protocol.setting.limit;
        if limit == UNLIMITED {
            return Ok(());
        }
        let rested = self.state.clone();
        for buyer in 0..BUYERS {
            self.state = rested.clone();
            self.state.world.list(TICKETS - 1);
            let nr = |number: usize| Nr::try_from(number).map_err(|error| error.to_string());
            let job = Job::Place { order: nr(ORDERS - 1)?, buyer: nr(buyer)?, ticket: nr(TICKETS - 1)?, limit };
            if !matches!(self.run(job)?, End::Placed(_)) {
                return Err(format!("buyer {} holds nothing and is refused all the same", buyer + 1));
            }
        }
        self.state = rested;
        Ok(())
    }
}

fn judge_order(number: usize, world: &World) -> Result<(), String> {
    let Some(filed) = world.order(number) else {
        return Ok(());
    };
    let (order, name) = (&filed.order, names::order(filed.order.id));
    if filed.is_due {
        return Err(format!("{name} is due for ever"));
    }
    let payment = order.intent().and_then(|intent| world.payments[names::intent_number(intent)]);
    match (&order.state, payment) {
        (OrderState::AwaitingPayment { .. } | OrderState::Capturing { .. }, _) => {
            Err(format!("{name} is stuck: {}", names::order_state(order)))
        }
        (OrderState::Paid { .. }, Some(payment)) => {
            let ticket = world.ticket(names::ticket_number(order.ticket.id));
            let sold = ticket.is_some_and(|ticket| {
                matches!(ticket.state, TicketState::Sold(sale) if sale.order == order.id)
                    && ticket.facts.price.amount() == payment.amount
            });
            if payment.state == PaymentState::Captured && sold {
                Ok(())
            } else {
                Err(format!("{name} is paid, and its ticket or its money is elsewhere"))
            }
        }
        (OrderState::Paid { .. }, None) => Err(format!("{name} is paid by nothing")),
        (OrderState::Cancelled { .. } | OrderState::Expired { .. }, Some(payment)) => {
            if payment.state == PaymentState::Canceled {
                Ok(())
            } else {
                Err(format!("{name} is closed and its payment is {:?}", payment.state))
            }
        }
        (OrderState::Cancelled { .. } | OrderState::Expired { .. }, None) => Ok(()),
    }
}

fn judge_ticket(number: usize, world: &World) -> Result<(), String> {
    let Some(ticket) = world.ticket(number) else {
        return Ok(());
    };
    match ticket.state {
        TicketState::Listed => Ok(()),
        TicketState::Sold(sale) => {
            let order = world.order(names::order_number(sale.order));
            let paid = order.is_some_and(|filed| {
                matches!(filed.order.state, OrderState::Paid { .. }) && filed.order.ticket.id == ticket.id
            });
            if paid { Ok(()) } else { Err(format!("ticket {} is sold, and nobody has paid it", number + 1)) }
        }
        TicketState::Held(_) | TicketState::Committed(_) => {
            Err(format!("ticket {} is stuck: {}", number + 1, names::ticket_state(ticket)))
        }
    }
}
