//! The journeys, as the site's own pages make them.

use std::time::Duration;

use aws_sdk_lambda::types::Environment;
use holdfast_domain::TicketState;
use serde_json::{Value, json};
use tests::{Aws, Call, Person, Stack, Stripe, VISA, eventually, intent_of};
use uuid::Uuid;

/// Orders that one buyer has open in one journey: a buyer may hold ten tickets, and one who holds as many is none to measure.
const ORDERS_A_BUYER: usize = 2;
/// How long a hold lasts that is to run out: its schedule fires by itself.
const SHORT_HOLD: &str = "5";
/// The emulator looks for schedules every ten seconds.
const RUN_OUT_WITHIN: Duration = Duration::from_mins(1);
/// Tickets that a page of the list shows.
const PAGE: usize = 24;
/// A text as people write them.
const DESCRIPTION: &str = "Two seats side by side in the stalls, row 12, with a clear view of the stage. I cannot go \
    because of a journey for work. The tickets come as codes that are read at the entrance; nothing has to be sent by \
    post. Doors open an hour before it begins.";

/// A way through the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journey {
    /// A seller lists a ticket.
    Listing,
    /// Somebody asks for the first page of the list.
    BrowseList,
    /// Somebody looks for a word.
    BrowseSearch,
    /// Somebody looks at a ticket.
    BrowseTicket,
    /// A ticket is held and paid; the buyer comes back once Stripe has told of it.
    HoldPaid,
    /// The same, but the buyer comes back at the moment at which Stripe tells of it.
    HoldPaidAtOnce,
    /// A ticket is held until its time has run out.
    HoldExpired,
    /// A ticket is held and given back.
    HoldCancelled,
    /// Somebody wants a ticket that another has just got.
    LostRace,
}

/// In an order in which each finds what it needs.
pub(crate) const ALL: [Journey; 9] = [
    Journey::Listing,
    Journey::BrowseList,
    Journey::BrowseSearch,
    Journey::BrowseTicket,
    Journey::HoldPaid,
    Journey::HoldPaidAtOnce,
    Journey::HoldExpired,
    Journey::HoldCancelled,
    Journey::LostRace,
];

impl Journey {
    /// What it is called in the record.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::BrowseList => "browse_list",
            Self::BrowseSearch => "browse_search",
            Self::BrowseTicket => "browse_ticket",
            Self::HoldPaid => "hold_paid",
            Self::HoldPaidAtOnce => "hold_paid_at_once",
            Self::HoldExpired => "hold_expired",
            Self::HoldCancelled => "hold_cancelled",
            Self::LostRace => "lost_race",
        }
    }

    /// Whether it is over once it is answered.
    pub(crate) fn sets_something_off(self) -> bool {
        match self {
            Self::Listing | Self::HoldPaid | Self::HoldPaidAtOnce | Self::HoldExpired | Self::HoldCancelled => true,
            Self::BrowseList | Self::BrowseSearch | Self::BrowseTicket | Self::LostRace => false,
        }
    }

    /// Whether each time is to be over before the next begins: listings that come at once share their pages, and renderers that
    /// meet at one page write it twice, both by chance.
    pub(crate) fn is_alone(self) -> bool {
        self == Self::Listing
    }

    /// Whether what it takes is certain.
    pub(crate) fn has_a_budget(self) -> bool {
        self != Self::HoldPaidAtOnce
    }

    /// Whether each time takes a ticket off the market for a while.
    fn takes_a_ticket(self) -> bool {
        match self {
            Self::HoldPaid | Self::HoldPaidAtOnce | Self::HoldExpired | Self::HoldCancelled => true,
            Self::Listing | Self::BrowseList | Self::BrowseSearch | Self::BrowseTicket | Self::LostRace => false,
        }
    }
}

/// Who is there, and what is on the market.
pub(crate) struct World {
    stack: Stack,
    aws: Aws,
    stripe: Stripe,
    times: usize,
    seller: Person,
    buyers: Vec<Person>,
    /// Tickets that nobody has held yet.
    tickets: Vec<String>,
    /// A ticket that somebody holds.
    held: String,
    /// How long holds last in this stack.
    hold_seconds: String,
}

impl World {
    pub(crate) async fn new(stack: Stack, times: usize) -> Self {
        let (seller, holder) = (stack.person("Seller").await, stack.person("Holder").await);
        let mut world = Self {
            aws: Aws::get().await,
            stripe: Stripe::get(),
            stack,
            times,
            seller,
            buyers: Vec::new(),
            tickets: Vec::new(),
            held: String::new(),
            hold_seconds: String::new(),
        };
        world.hold_seconds = world.hold_for(None).await;
        world.held = world.listed().await;
        holder.place_order(&world.held).await.expect(201);
        // So many that every page of the list is full, whatever the journeys sell.
        let wanted = PAGE + if times > PAGE { times } else { 0 };
        while world.tickets.len() < wanted {
            let ticket = world.listed().await;
            world.tickets.push(ticket);
        }
        world
    }

    /// Lists a ticket with everything that a seller can say of it, under a key as the site's form does.
    async fn listed(&self) -> String {
        let body = json!({
            "title": "Magic Flute Tonight", "venue": "Opera House Berlin", "starts_at": "2031-01-01T19:00:00Z",
            "price": {"amount": 4500, "currency": "eur"}, "description": DESCRIPTION, "credential": "GATE-7 4F9K2-88231",
        });
        let call = Call::new("POST", "/api/tickets").header("idempotency-key", Uuid::new_v4().to_string());
        self.seller.send(call.json(&body)).await.expect(201).text("id")
    }

    /// Makes a journey once, whatever it is made otherwise.
    pub(crate) async fn make_once(&mut self, journey: Journey) {
        let times = std::mem::replace(&mut self.times, 1);
        self.make(journey).await;
        self.times = times;
    }

    /// All journeys once, uncounted.
    pub(crate) async fn once(&mut self) {
        let times = std::mem::replace(&mut self.times, 1);
        for journey in ALL {
            self.prepare(journey).await;
            self.make(journey).await;
        }
        self.times = times;
        self.buyers.clear();
    }

    /// Lets orders hold their tickets for another time from now on; for how long they did before.
    async fn hold_for(&self, seconds: Option<&str>) -> String {
        const VARIABLE: &str = "HOLD_SECONDS";
        let function = self.stack.resource("PlaceOrder");
        let known = self.aws.lambda.get_function_configuration().function_name(&function).send().await;
        let known = known.expect("a function").environment.and_then(|environment| environment.variables);
        let mut variables = known.expect("variables");
        let before = variables[VARIABLE].clone();
        if let Some(seconds) = seconds.filter(|seconds| *seconds != before) {
            variables.insert(VARIABLE.to_owned(), seconds.to_owned());
            let environment = Environment::builder().set_variables(Some(variables)).build();
            let update = self.aws.lambda.update_function_configuration().function_name(function);
            update.environment(environment).send().await.expect("an update");
            // The next run is of a new process, and reads what each does at first.
            let buyer = self.stack.person("First").await;
            buyer.place_order(&self.held).await.expect_problem(409, "ticket-held");
        }
        before
    }

    /// Makes sure that a journey finds people and tickets, and holds that last as long as it needs. Whether anything had to be
    /// done for that.
    pub(crate) async fn prepare(&mut self, journey: Journey) -> bool {
        let seconds = if journey == Journey::HoldExpired { SHORT_HOLD } else { &self.hold_seconds };
        let mut done = seconds != self.hold_for(Some(seconds)).await;
        let takes = journey.takes_a_ticket();
        if takes || self.buyers.is_empty() {
            done = true;
            self.buyers.clear();
            for number in 0..self.times.div_ceil(ORDERS_A_BUYER) {
                self.buyers.push(self.stack.person(&format!("Buyer {number}")).await);
            }
        }
        while takes && self.tickets.len() < self.times {
            done = true;
            let ticket = self.listed().await;
            self.tickets.push(ticket);
        }
        done
    }

    /// Makes it.
    pub(crate) async fn make(&mut self, journey: Journey) {
        let (mut orders, mut running_out) = (Vec::new(), Vec::new());
        for time in 0..self.times {
            let buyer = self.buyers[time / ORDERS_A_BUYER].clone();
            let taken = if journey.takes_a_ticket() { self.tickets.pop() } else { None };
            let ticket = taken.unwrap_or_default();
            match journey {
                Journey::Listing => {
                    let listed = self.listed().await;
                    self.tickets.push(listed);
                }
                Journey::BrowseList => self.past_the_edge(&format!("/api/tickets?limit={PAGE}")).await,
                Journey::BrowseSearch => self.past_the_edge(&format!("/api/tickets?limit={PAGE}&q=flute")).await,
                Journey::BrowseTicket => self.past_the_edge(&format!("/api/tickets/{}", self.held)).await,
                Journey::HoldPaid => orders.push((buyer.clone(), self.paid(&buyer, &ticket, true).await)),
                Journey::HoldPaidAtOnce => orders.push((buyer.clone(), self.paid(&buyer, &ticket, false).await)),
                Journey::HoldExpired => {
                    placed(&buyer, &ticket).await;
                    running_out.push(ticket);
                }
                Journey::HoldCancelled => {
                    let order = placed(&buyer, &ticket).await;
                    buyer.cancel(&order).await.expect(200);
                    orders.push((buyer, order));
                }
                Journey::LostRace => buyer.place_order(&self.held).await.expect_problem(409, "ticket-held"),
            }
        }
        for ticket in running_out {
            eventually("a hold has run out", RUN_OUT_WITHIN, || async {
                (self.aws.ticket(&ticket).await.state == TicketState::Listed).then_some(())
            })
            .await;
        }
        // Each other order's schedule fires once, too, at the end of a longer hold.
        for (buyer, order) in orders {
            self.aws.invoke("ExpireOrder", &json!({"order": order, "buyer": buyer.id})).await.expect("a run");
        }
    }

    /// Hold, order page, checkout, payment, return, receipt. The order's page and checkout are handed the order by the page
    /// before them, and ask for nothing (`site/assets/handed-order.js`).
    async fn paid(&self, buyer: &Person, ticket: &str, told_first: bool) -> String {
        let order = placed(buyer, ticket).await;
        let started: Value = buyer.start_payment(&order).await.expect(201).body;
        assert_eq!(self.stripe.confirm(&started, VISA).await, 200);
        if told_first {
            self.stripe.has_told(&intent_of(&started)).await;
        }
        assert_eq!(buyer.reconcile(&order).await.expect(200).text("state"), "paid");
        self.stripe.has_told(&intent_of(&started)).await;
        buyer.get(format!("/api/orders/{order}")).await.expect(200);
        order
    }

    /// What everybody gets the same answer to, asked of the function itself: the edge would answer from its cache.
    async fn past_the_edge(&self, path: &str) {
        let call = Call::new("GET", path).header("x-origin-secret", self.stack.origin_secret());
        self.stack.api_beside_the_edge().send(call).await.expect(200);
    }
}

/// A hold. The order's page, to which its buyer is led, shows the answer.
async fn placed(buyer: &Person, ticket: &str) -> String {
    buyer.place_order(ticket).await.expect(201).text("id")
}
