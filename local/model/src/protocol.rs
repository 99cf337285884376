//! The model: every order in which runs of our functions, buyers, their bank and the clock can act.

use holdfast_domain::fault::Fault;
use holdfast_domain::{Filed, Hold, TicketState};
use stateright::{Model, Property};

use crate::call::{Answer, Call, Numbers};
use crate::interned::Kept;
use crate::judge::{Memory, judge};
use crate::names;
use crate::replay::Wants;
use crate::rest::Rests;
use crate::run::{End, Job, Run, Status};
use crate::setting::{Lost, Setting};
use crate::world::{Circumstances, PaymentState, World};

/// Most runs at a time.
pub(crate) const SLOTS: usize = 3;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A run begins, and makes its first call.
    Begin(Job),
    /// A run makes its next call.
    Go(usize),
    /// The same, and Stripe, which failed after it had made the payment, makes another under the next key.
    GoAnew(usize),
    /// The call takes effect and its answer is lost, so that it is made again.
    Repeat(usize),
    /// The call is under way when the run makes it again: it takes effect whenever it arrives, and nobody hears of that.
    Stray(usize),
    /// A call that was under way takes effect.
    Arrive,
    /// A run dies.
    Crash(usize),
    /// Time passes.
    Tick,
    /// The buyer's card is authorised for a payment whose secret they have.
    Authorise(usize),
    /// Stripe voids an authorisation that was not captured.
    Lapse(usize),
    /// An authorisation is withdrawn; the buyer may try again.
    Vanish(usize),
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) memory: Memory,
    pub(crate) runs: [Option<Kept<Run>>; SLOTS],
    /// A call that is under way, and that nobody waits for.
    pub(crate) stray: Option<Kept<Stray>>,
    /// What is wrong, if anything is: nothing happens after that.
    pub(crate) wrong: Option<Kept<String>>,
}

/// A call that is under way when whoever made it has gone on, or has died.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Stray {
    pub(crate) job: Job,
    pub(crate) call: Call,
}

/// The model of one setting.
#[derive(Debug)]
pub(crate) struct Protocol {
    pub(crate) setting: Setting,
    rests: Rests,
    has_seller: bool,
}

/// Nothing is wrong.
pub(crate) const SOUND: &str = "no step does what it may not";
/// Everything comes to rest.
pub(crate) const RESTS: &str = "with the sweep alone, everything comes to rest";

impl Protocol {
    pub(crate) fn new(setting: Setting) -> Self {
        Self { has_seller: setting.has_seller(), setting, rests: Rests::default() }
    }

    /// What is put back for this model alone.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.setting.fault
    }

    /// What is wrong with what comes of a state when nothing but the sweep runs.
    pub(crate) fn unrest(&self, state: &State) -> Option<Kept<String>> {
        with_fault(self.fault(), || self.rests.of(self, state))
    }

    /// Makes the next call of a run; what it answers, and what is wrong with it.
    pub(crate) fn call(&self, state: &mut State, run: Kept<Run>, anew: bool) -> Answer {
        let call = match run.status() {
            Status::Waits(Wants::Call(call)) => call,
            Status::Waits(Wants::Clock) | Status::Ended(_) => return Answer::Now(names::at(state.world.now)),
        };
        self.made(state, run.job, call, run.numbers(), anew)
    }

    /// A call takes effect.
    fn made(&self, state: &mut State, job: Job, call: &Call, known: Numbers, anew: bool) -> Answer {
        let of_runs = state.runs.iter().flatten().map(|run| run.numbers());
        let of_stray = state.stray.map(|stray| stray.call.numbers());
        let known = of_runs.chain(of_stray).fold(known, Numbers::and);
        let used = state.world.numbers().and(known);
        let circumstances = Circumstances { job, used, versions: self.has_seller, anew };
        let before = state.world;
        let answer = state.world.apply(call, circumstances);
        if let Some(wrong) = judge(job, call, &before, &state.world, &mut state.memory) {
            state.wrong = Some(Kept::new(wrong.to_owned()));
        }
        answer
    }

    /// A call that was under way takes effect; its answer is nobody's.
    pub(crate) fn arrive(&self, state: &mut State) -> Option<Answer> {
        let stray = state.stray.take()?;
        Some(self.made(state, stray.job, &stray.call, stray.call.numbers(), false))
    }

    /// What becomes of a run that has been answered: nothing is left of one that has ended.
    ///
    /// One that is to reconcile, or to look again, is as one that dies while another begins.
    pub(crate) fn ended(state: &mut State, run: Kept<Run>) -> Option<Kept<Run>> {
        let Status::Ended(end) = run.status() else {
            return Some(run);
        };
        let wrong = match end {
            End::Silent | End::Reconcile { .. } => None,
            End::Placed(placed) => {
                let stored = state.world.order(names::order_number(placed.id));
                let same = stored.is_some_and(|stored| {
                    let stored = &stored.order;
                    (stored.hold, &stored.ticket) == (placed.hold, &placed.ticket)
                });
                (!same).then(|| "an answer under a key is not the order that is stored under it".to_owned())
            }
            End::Payable(payment) | End::Moved { payment, .. } => told(&mut state.world, *payment),
            End::Impossible(what) => Some(format!("what cannot be has happened: {what}")),
        };
        if let Some(wrong) = wrong {
            state.wrong = Some(Kept::new(wrong));
        }
        None
    }

    fn go(&self, state: &mut State, run: Kept<Run>, anew: bool) {
        let run = self.told_the_time(state, run);
        let answer = self.call(state, run, anew);
        let run = self.told_the_time(state, run.answered(answer));
        if let Some(run) = Self::ended(state, run) {
            let free = state.runs.iter().position(Option::is_none).expect("a free slot");
            state.runs[free] = Some(run);
        }
    }

    /// Once no time passes any more, it makes no difference when a run reads the clock.
    fn told_the_time(&self, state: &State, mut run: Kept<Run>) -> Kept<Run> {
        while state.world.now == self.setting.last_moment && *run.status() == Status::Waits(Wants::Clock) {
            run = run.answered(Answer::Now(names::at(state.world.now)));
        }
        run
    }

    fn tick(&self, state: &mut State) {
        state.world.now += 1;
        for slot in 0..SLOTS {
            if let Some(run) = state.runs[slot].take() {
                let run = self.told_the_time(state, run);
                state.runs[slot] = Self::ended(state, run);
            }
        }
    }

    fn authorise(state: &mut State, number: usize) {
        let Some(payment) = &mut state.world.payments[number] else {
            return;
        };
        payment.state = PaymentState::Authorised;
        let order = usize::from(payment.order);
        let now = names::at(state.world.now);
        let filed = state.world.order(order).filter(|filed| filed.order.intent() == Some(&names::intent_id(number)));
        let in_time = filed.is_some_and(|filed| hold_of(&state.world, filed).is_some_and(|hold| hold.expires_at > now));
        if in_time {
            state.memory.set_in_time(order, true);
        }
    }

    fn bank(state: &mut State, number: usize, to: PaymentState) {
        if let Some(payment) = &mut state.world.payments[number] {
            payment.state = to;
            state.memory.set_in_time(payment.order.into(), false);
        }
    }

    fn actions_of_runs(&self, state: &State, actions: &mut Vec<Action>) {
        for (slot, run) in state.runs.iter().enumerate().take(self.setting.slots) {
            let Some(run) = run else {
                actions.extend(self.setting.jobs.iter().map(|job| Action::Begin(*job)));
                return;
            };
            // Two runs that have come equally far are as one.
            if slot > 0 && state.runs[slot - 1] == Some(*run) {
                continue;
            }
            actions.extend([Action::Go(slot), Action::Crash(slot)]);
            if let Some(call) = run.call().filter(|call| call.writes()) {
                match self.setting.lost {
                    Lost::Dies => {}
                    Lost::Late if state.stray.is_none() => actions.extend([Action::Repeat(slot), Action::Stray(slot)]),
                    Lost::Repeated | Lost::Late => actions.push(Action::Repeat(slot)),
                }
                if let Call::MakePayment { order, .. } = call
                    && self.setting.anew
                    && state.world.payments_of(names::order_number(*order)) == 1
                {
                    actions.push(Action::GoAnew(slot));
                }
            }
        }
    }
}

/// The hold that an order has taken, as long as its ticket is held by it.
pub(crate) fn hold_of(world: &World, filed: &Filed) -> Option<Hold> {
    match world.ticket(names::ticket_number(filed.order.ticket.id))?.state {
        TicketState::Held(hold) => (hold.order == filed.order.id && hold.number == filed.order.hold).then_some(hold),
        TicketState::Listed | TicketState::Committed(_) | TicketState::Sold(_) => None,
    }
}

/// A secret gets to its buyer.
fn told(world: &mut World, number: usize) -> Option<String> {
    let payment = world.payments[number].as_mut()?;
    payment.secret_out = true;
    let order = usize::from(payment.order);
    let stored = world.order(order).and_then(|filed| filed.order.intent()).map(names::intent_number);
    (stored != Some(number)).then(|| "the secret of a payment leaves that is not stored".to_owned())
}

/// Runs our code with a fault put back.
#[cfg(feature = "faults")]
pub(crate) fn with_fault<T>(fault: Option<Fault>, act: impl FnOnce() -> T) -> T {
    holdfast_domain::fault::with(fault, act)
}

/// Runs our code; no fault can be put back in this build.
#[cfg(not(feature = "faults"))]
pub(crate) fn with_fault<T>(_fault: Option<Fault>, act: impl FnOnce() -> T) -> T {
    act()
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            world: World::new(self.setting.tickets),
            memory: Memory::default(),
            runs: [None; SLOTS],
            stray: None,
            wrong: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.wrong.is_some() {
            return;
        }
        if state.world.now < self.setting.last_moment {
            actions.push(Action::Tick);
        }
        for (number, payment) in state.world.payments.iter().enumerate() {
            match payment {
                Some(payment) if payment.state == PaymentState::Open && payment.secret_out => {
                    actions.push(Action::Authorise(number));
                }
                Some(payment) if payment.state == PaymentState::Authorised && self.setting.bank => {
                    actions.extend([Action::Lapse(number), Action::Vanish(number)]);
                }
                Some(_) | None => {}
            }
        }
        if state.stray.is_some() {
            actions.push(Action::Arrive);
        }
        with_fault(self.fault(), || self.actions_of_runs(state, actions));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        with_fault(self.fault(), || {
            let mut state = last.clone();
            let mut take = |slot: usize| state.runs[slot].take();
            match action {
                Action::Begin(job) => self.go(&mut state, Run::new(job, self.setting.number), false),
                Action::Go(slot) => {
                    let run = take(slot)?;
                    self.go(&mut state, run, false);
                }
                Action::GoAnew(slot) => {
                    let run = take(slot)?;
                    self.go(&mut state, run, true);
                }
                Action::Repeat(slot) => {
                    let run = state.runs[slot]?;
                    self.call(&mut state, run, false);
                }
                Action::Stray(slot) => {
                    let run = state.runs[slot]?;
                    let call = run.call()?.clone();
                    state.stray = Some(Kept::new(Stray { job: run.job, call }));
                }
                Action::Arrive => drop(self.arrive(&mut state)?),
                Action::Crash(slot) => drop(take(slot)),
                Action::Tick => self.tick(&mut state),
                Action::Authorise(number) => Self::authorise(&mut state, number),
                Action::Lapse(number) => Self::bank(&mut state, number, PaymentState::Canceled),
                Action::Vanish(number) => Self::bank(&mut state, number, PaymentState::Open),
            }
            // Which slot a run is in makes no difference.
            state.runs.sort_unstable_by_key(|run| run.map_or(usize::MAX, Kept::place));
            Some(state)
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(SOUND, |_, state: &State| state.wrong.is_none()),
            Property::always(RESTS, |model: &Self, state: &State| model.unrest(state).is_none()),
        ];
        properties.extend(crate::setting::reached(self.setting.reaches));
        properties
    }
}
