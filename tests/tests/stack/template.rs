//! What the emulator does not check: who may invoke, pass and send what, read off the transformed template.

use std::collections::BTreeSet;
use std::time::Duration;

use holdfast_domain::{
    Claim, Currency, Expiry, Hold, HoldNumber, Order, OrderId, OrderState, OrderTicket, PaymentIntentId, Price, Sale,
    Ticket, TicketFacts, TicketId, TicketState, Timestamp, Title, UserId, Version,
};
use holdfast_events::{ANNOUNCED_AHEAD, DomainEvent, REQUESTS_END_WITHIN};
use serde_json::{Value, json};
use tests::{Template, referred, texts};
use uuid::Uuid;

/// Functions that are invoked without anybody waiting for the answer.
const ASYNCHRONOUS: [&str; 5] = ["ScheduleExpiry", "ProjectCatalogue", "ExpireOrder", "Sweep", "RenderPages"];

#[test]
fn every_function_names_the_actions_and_resources_that_it_uses() {
    let template = Template::get();
    for function in template.functions() {
        for statement in template.statements(&format!("{function}Role")) {
            assert_eq!(statement["Effect"], "Allow", "{function}");
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{function} may {action}");
            }
            let resource = statement["Resource"].to_string();
            assert!(!texts(&statement["Resource"]).contains(&"*".to_owned()), "{function}: {resource}");
        }
    }
}

#[test]
fn only_account_functions_touch_accounts_and_few_ever_write_the_lock() {
    let template = Template::get();
    let who = |table: &str, wanted: &[&str]| -> BTreeSet<String> {
        let touches = |function: &String| {
            template.statements(&format!("{function}Role")).iter().any(|statement| {
                statement["Resource"].to_string().contains(table)
                    && texts(&statement["Action"]).iter().any(|action| wanted.contains(&action.as_str()))
            })
        };
        template.functions().into_iter().filter(touches).collect()
    };
    let accounts =
        ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"];
    let expected = [
        "ChangePassword",
        "CurrentUser",
        "DeleteAccount",
        "EraseAccount",
        "ExportAccount",
        "RequestPasswordReset",
        "RequestVerification",
        "ResetPassword",
        "SendMail",
        "SignIn",
        "SignUp",
        "VerifyEmail",
    ];
    assert_eq!(who("AccountsTable", &accounts), BTreeSet::from(expected.map(str::to_owned)));
    let orders = ["CancelOrder", "EraseAccount", "ExpireOrder", "PlaceOrder", "UpdateTicket"];
    let expected = orders.iter().chain(&PAYING).map(|&name| name.to_owned()).collect();
    assert_eq!(who("MarketTable", &["dynamodb:UpdateItem"]), expected);
    assert!(who("", &["dynamodb:Scan"]).is_empty());
}

/// The functions that call Stripe.
const PAYING: [&str; 5] = ["ReconcileOrder", "RefundOrder", "StartPayment", "StripeWebhook", "Sweep"];

/// The emulator does not see which parameters a call asks for: here is what the cloud will see.
#[test]
fn a_function_reads_the_payment_keys_that_it_needs_and_no_others() {
    let template = Template::get();
    let prefix = "parameter/holdfast/${Stage}/stripe/";
    for function in template.functions() {
        let mut keys = BTreeSet::new();
        for statement in template.statements(&format!("{function}Role")) {
            if !texts(&statement["Action"]).iter().any(|action| action.starts_with("ssm:")) {
                continue;
            }
            assert_eq!(texts(&statement["Action"]), ["ssm:GetParameters"], "{function}");
            for resource in statement["Resource"].as_array().expect("a list") {
                let arn = resource["Fn::Sub"].as_str().expect("an ARN");
                keys.insert(arn.split_once(prefix).expect("a key of this stage").1.to_owned());
            }
        }
        let expected: &[&str] = match function.as_str() {
            "StartPayment" => &["publishable_key", "secret_key"],
            "StripeWebhook" => &["secret_key", "webhook_secret", "webhook_secret_previous"],
            name if PAYING.contains(&name) => &["secret_key"],
            _ => &[],
        };
        assert_eq!(keys.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{function}");
    }
}

/// A function finds out only with a request that it has no session keys.
#[test]
fn a_function_is_told_of_the_session_keys_if_it_may_read_them_and_else_not() {
    let template = Template::get();
    for secret in ["SessionSecret", "OriginSecret"] {
        let mut told = 0;
        for function in template.functions() {
            let reads = template.statements(&format!("{function}Role")).iter().any(|statement| {
                texts(&statement["Action"]).contains(&"secretsmanager:GetSecretValue".to_owned())
                    && statement["Resource"].to_string().contains(secret)
            });
            let variables = template.properties(&function)["Environment"]["Variables"].to_string();
            assert_eq!(variables.contains(&format!("{secret}.Id")), reads, "{function} and {secret}");
            told += usize::from(reads);
        }
        assert!(told > 20, "{secret} is read by {told} functions");
    }
}

#[test]
fn no_key_is_in_a_functions_configuration_or_in_an_output() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).expect("a file");
    for secret in ["sk_test", "rk_test", "pk_test", "whsec", "{{resolve:ssm"] {
        assert!(!template.contains(secret), "{secret}");
    }
}

#[test]
fn the_scheduler_gets_one_role_and_only_for_itself() {
    let template = Template::get();
    let mut passing = BTreeSet::new();
    for function in template.functions() {
        for statement in template.statements(&format!("{function}Role")) {
            if !texts(&statement["Action"]).contains(&"iam:PassRole".to_owned()) {
                continue;
            }
            assert_eq!(referred(&statement["Resource"]), Some("ScheduleRole"), "{function}");
            let only_to = &statement["Condition"]["StringEquals"]["iam:PassedToService"];
            assert_eq!(only_to, "scheduler.amazonaws.com", "{function}");
            passing.insert(function.clone());
        }
    }
    assert_eq!(passing, BTreeSet::from(["ExpireOrder", "ScheduleExpiry"].map(str::to_owned)));

    let trust = &template.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Principal"], json!({"Service": "scheduler.amazonaws.com"}));
    assert_eq!(trust["Condition"]["StringEquals"]["aws:SourceAccount"], json!({"Ref": "AWS::AccountId"}));
    let rights = template.statements("ScheduleRole");
    let may = |action: &str| rights.iter().find(|statement| texts(&statement["Action"]) == [action]);
    let invoked = may("lambda:InvokeFunction").expect("it may invoke")["Resource"]["Fn::Sub"].clone();
    assert!(invoked.as_str().is_some_and(|arn| arn.ends_with(":function:${AWS::StackName}-ExpireOrder")));
    let name = &template.properties("ExpireOrder")["FunctionName"]["Fn::Sub"];
    assert_eq!(name, "${AWS::StackName}-ExpireOrder", "the name that the role and the schedules use");
    assert_eq!(referred(&may("sqs:SendMessage").expect("it may send")["Resource"]), Some("ExpireOrderDeliveryQueue"));
    assert_eq!(rights.len(), 2);
    for function in ["ScheduleExpiry", "ExpireOrder"] {
        let set = &template.properties(function)["Environment"]["Variables"];
        assert_eq!(set["EXPIRE_ORDER_ARN"]["Fn::Sub"], invoked, "{function}");
        assert_eq!(referred(&set["SCHEDULE_ROLE_ARN"]), Some("ScheduleRole"), "{function}");
        assert_eq!(referred(&set["EXPIRE_ORDER_DELIVERY_QUEUE_ARN"]), Some("ExpireOrderDeliveryQueue"), "{function}");
    }
}

#[test]
fn every_route_and_rule_may_invoke_its_function_and_nobody_else_may() {
    let template = Template::get();
    let mut allowed: BTreeSet<(String, String, String)> = BTreeSet::new();
    for (_, permission) in template.of_type("AWS::Lambda::Permission") {
        assert_eq!(permission["Action"], "lambda:InvokeFunction");
        assert!(!permission["SourceArn"].is_null(), "without a source anybody's API could invoke: {permission}");
        allowed.insert((
            referred(&permission["FunctionName"]).expect("a function").to_owned(),
            permission["Principal"].as_str().expect("a service").to_owned(),
            permission["SourceArn"].to_string(),
        ));
    }
    let mut expected = 0;
    for (route, function) in template.routes() {
        let (method, path) = route.split_once(' ').expect("method and path");
        // The permission has the path's variables as wildcards.
        let path = path.replace("{ticket_id}", "*").replace("{order_id}", "*").replace("{session_id}", "*");
        let source = format!("${{__Stage__}}/{method}{path}");
        let found = allowed.iter().any(|(known, service, arn)| {
            known == &function && service == "apigateway.amazonaws.com" && arn.contains(&source)
        });
        assert!(found, "{route} may not invoke {function}");
        expected += 1;
    }
    for (id, rule) in template.of_type("AWS::Events::Rule") {
        for target in rule["Targets"].as_array().expect("targets") {
            let function = referred(&target["Arn"]).expect("a function");
            let found = allowed.iter().any(|(known, service, arn)| {
                known == function && service == "events.amazonaws.com" && arn.contains(id)
            });
            assert!(found, "{id} may not invoke {function}");
            expected += 1;
        }
    }
    assert_eq!(allowed.len(), expected);
}

#[test]
fn every_asynchronous_function_has_a_queue_for_both_kinds_of_failure() {
    let template = Template::get();
    let mut queues = BTreeSet::new();
    for function in ASYNCHRONOUS {
        let runs = template
            .of_type("AWS::Lambda::EventInvokeConfig")
            .find(|(_, config)| referred(&config["FunctionName"]) == Some(function))
            .map(|(_, config)| config["DestinationConfig"]["OnFailure"]["Destination"].clone());
        let runs = runs.unwrap_or_else(|| panic!("{function} has no queue for failed runs"));
        let failed_runs = referred(&runs).expect("a queue").to_owned();
        let deliveries = delivery_queue(&template, function);
        assert!(queues.insert(failed_runs.clone()) && queues.insert(deliveries), "{function} shares a queue");
        let sends = template.statements(&format!("{function}Role")).into_iter().any(|statement| {
            texts(&statement["Action"]) == ["sqs:SendMessage"]
                && referred(&statement["Resource"]) == Some(failed_runs.as_str())
        });
        assert!(sends, "{function} may not send to {failed_runs}");
    }
    let relay = template
        .of_type("AWS::Lambda::EventSourceMapping")
        .find(|(_, mapping)| referred(&mapping["FunctionName"]) == Some("RelayEvents"))
        .expect("the stream's mapping")
        .1;
    assert_eq!(referred(&relay["DestinationConfig"]["OnFailure"]["Destination"]), Some("RelayStreamFailureQueue"));
    assert_eq!(relay["MaximumRetryAttempts"], -1, "time alone ends the tries");
    assert_eq!(relay["MaximumRecordAgeInSeconds"], 12 * 60 * 60, "half of the day in which replay can read records");
}

/// Things with the names of their states, as they are stored.
type States<T> = Vec<(&'static str, T)>;

/// Moments and people do not matter here: a ticket in each state, and an order in each.
fn one_of_each() -> (States<Ticket>, States<Order>) {
    let moment = |minute: i64| Timestamp::from_millis(minute * 60_000).expect("valid");
    let (user, order) = (UserId::from_uuid(Uuid::now_v7()), OrderId::from_uuid(Uuid::now_v7()));
    let facts = TicketFacts {
        title: Title::parse("Opera").expect("valid"),
        price: Price::new(4_500, Currency::Eur).expect("valid"),
        venue: None,
        starts_at: None,
    };
    let listed = Ticket::list(TicketId::from_uuid(Uuid::now_v7()), user, facts.clone(), moment(1));
    let number = HoldNumber::from_number(2);
    let hold = Hold { order, buyer: user, number, expires_at: moment(9), extended: false };
    let claim = Claim { order, buyer: user, number };
    let sale = Sale { order, buyer: user, number, sold_at: moment(3) };
    let tickets = [
        ("listed", TicketState::Listed),
        ("held", TicketState::Held(hold)),
        ("committed", TicketState::Committed(claim)),
        ("sold", TicketState::Sold(sale)),
    ];
    let tickets = (2..).zip(tickets).map(|(version, (name, state))| {
        (name, Ticket { state, version: Version::from_number(version), ..listed.clone() })
    });
    let intent = PaymentIntentId::from_stripe("pi_1".to_owned());
    let (paid_at, closed_at) = (moment(4), moment(5));
    let paid = |refunded_at| OrderState::Paid { intent: intent.clone(), paid_at, card: None, refunded_at };
    let states = [
        ("awaiting_payment", OrderState::AwaitingPayment { intent: None }),
        ("awaiting_payment", OrderState::AwaitingPayment { intent: Some(intent.clone()) }),
        ("capturing", OrderState::Capturing { intent: intent.clone() }),
        ("paid", paid(None)),
        ("paid", paid(Some(moment(6)))),
        ("cancelled", OrderState::Cancelled { closed_at, intent: None }),
        ("expired", OrderState::Expired { closed_at, intent: None, why: Expiry::RanOut }),
    ];
    let orders = (1_i64..).zip(states).map(|(version, (name, state))| {
        let placed = Order {
            id: order,
            buyer: user,
            ticket: OrderTicket { id: listed.id, facts: facts.clone() },
            hold: number,
            // Each has another end: an order that waits longer has been extended.
            expires_at: moment(10 + version),
            created_at: moment(2),
            version: Version::from_number(version.unsigned_abs()),
            state,
        };
        (name, placed)
    });
    (tickets.collect(), orders.collect())
}

/// What the stream's mapping keeps from the relay is no event, whatever was there before.
#[test]
fn every_event_passes_the_streams_filter() {
    let template = Template::get();
    let mut mappings = template.of_type("AWS::Lambda::EventSourceMapping");
    let relay = mappings.find(|(_, mapping)| referred(&mapping["FunctionName"]) == Some("RelayEvents")).unwrap().1;
    let filters = relay["FilterCriteria"]["Filters"].as_array().unwrap().iter();
    let filters: Vec<Value> =
        filters.map(|filter| serde_json::from_str(filter["Pattern"].as_str().unwrap()).unwrap()).collect();
    let passing = |pattern: &Value| texts(&pattern["dynamodb"]["NewImage"]["state"]["S"]);
    let [lock, removed, order] = filters.as_slice() else { panic!("{filters:?}") };
    assert_eq!(removed, &json!({"eventName": ["REMOVE"], "dynamodb": {"Keys": {"sk": {"S": ["T"]}}}}));
    assert_eq!(lock["dynamodb"]["Keys"], json!({"sk": {"S": ["T"]}}));
    assert_eq!(order["dynamodb"]["Keys"], json!({"sk": {"S": [{"prefix": "O#"}]}}));
    let (tickets, orders) = one_of_each();
    let time = Timestamp::from_millis(0).unwrap();
    let (mut of_tickets, mut of_orders) = (BTreeSet::new(), BTreeSet::new());
    // A ticket begins as listed and an order as awaiting its payment; from then on anything may follow anything.
    for (name, new) in &tickets {
        let mut before = tickets.iter().map(|(_, old)| old);
        if before.any(|old| DomainEvent::of_ticket(Some(old), Some(new), time).is_some()) {
            of_tickets.insert(*name);
        }
    }
    for (name, new) in &orders {
        let mut before = orders.iter().map(|(_, old)| old);
        if before.any(|old| DomainEvent::of_order(Some(old), Some(new), time).is_some()) {
            of_orders.insert(*name);
        }
    }
    assert!(DomainEvent::of_ticket(None, Some(&tickets[0].1), time).is_some());
    assert!(DomainEvent::of_order(None, Some(&orders[0].1), time).is_some());
    assert_eq!(of_tickets.into_iter().collect::<Vec<_>>(), passing(lock));
    let mut passing = passing(order);
    passing.sort_unstable();
    assert_eq!(of_orders.into_iter().collect::<Vec<_>>(), passing);
}

/// Where deliveries to `function` end that failed: its rule's, its schedule's or the orders' schedules' queue.
fn delivery_queue(template: &Template, function: &str) -> String {
    if function == "ExpireOrder" {
        return "ExpireOrderDeliveryQueue".to_owned();
    }
    let of_rule = template.of_type("AWS::Events::Rule").find_map(|(_, rule)| {
        let targets = rule["Targets"].as_array().expect("targets");
        let target = targets.iter().find(|target| referred(&target["Arn"]) == Some(function))?;
        assert!(target["RetryPolicy"]["MaximumRetryAttempts"].as_u64() > Some(0));
        let queue = referred(&target["DeadLetterConfig"]["Arn"])?.to_owned();
        assert!(allows_events(template, &queue), "the bus may not send to {queue}");
        Some(queue)
    });
    let of_schedule = || {
        template.of_type("AWS::Scheduler::Schedule").find_map(|(_, schedule)| {
            let target = &schedule["Target"];
            (referred(&target["Arn"]) == Some(function)).then_some(())?;
            let queue = referred(&target["DeadLetterConfig"]["Arn"])?.to_owned();
            let role = referred(&target["RoleArn"]).expect("a role");
            let sends = |statement: &Value| referred(&statement["Resource"]) == Some(queue.as_str());
            assert!(template.statements(role).iter().any(sends), "{role} may not send to {queue}");
            Some(queue)
        })
    };
    of_rule.or_else(of_schedule).unwrap_or_else(|| panic!("{function} has no queue for failed deliveries"))
}

/// Whether a queue policy lets the bus's rules, and only those, put messages into the queue.
fn allows_events(template: &Template, queue: &str) -> bool {
    template.of_type("AWS::SQS::QueuePolicy").any(|(_, policy)| {
        let for_queue =
            policy["Queues"].as_array().is_some_and(|queues| queues.iter().any(|q| referred(q) == Some(queue)));
        let statements = policy["PolicyDocument"]["Statement"].as_array().cloned().unwrap_or_default();
        for_queue
            && statements.iter().any(|statement| {
                statement["Principal"] == json!({"Service": "events.amazonaws.com"})
                    && statement["Condition"]["ArnLike"]["aws:SourceArn"].to_string().contains("rule/${EventBus}/*")
                    && statement["Resource"].to_string().contains(queue)
            })
    })
}

#[test]
fn what_must_not_be_lost_outlives_the_stack() {
    let template = Template::get();
    for table in ["MarketTable", "AccountsTable"] {
        let recovery = &template.properties(table)["PointInTimeRecoverySpecification"];
        assert_eq!(recovery["PointInTimeRecoveryEnabled"], true, "{table}");
    }
    let queues: Vec<_> = template.of_type("AWS::SQS::Queue").collect();
    let (relay_and_renderer, erasure, mails) = (4, 2, 2);
    assert_eq!(queues.len(), ASYNCHRONOUS.len() * 2 + relay_and_renderer + erasure + mails);
    // A mail that nobody could take for a day is of no use to whoever has asked.
    for (id, queue) in queues.into_iter().filter(|(id, _)| *id != "MailQueue") {
        assert_eq!(queue["MessageRetentionPeriod"], 1_209_600, "{id} keeps failures for fourteen days");
    }
}

/// The emulator does not see which items of a table a write is about: here is what the cloud will see.
#[test]
fn the_renderer_writes_its_own_notes_and_its_own_pages_and_nothing_else() {
    let template = Template::get();
    let statements = template.statements("RenderPagesRole");
    let with = |action: &str| {
        let has = |statement: &&Value| texts(&statement["Action"]).iter().any(|known| known == action);
        statements.iter().filter(has).collect::<Vec<_>>()
    };
    for action in ["dynamodb:PutItem", "dynamodb:DeleteItem"] {
        let [statement] = with(action)[..] else { panic!("{action} is granted once") };
        let keys = &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"];
        assert_eq!(texts(keys), ["PAGES", "PAGES#REGISTER"], "{action}");
    }
    for action in ["s3:PutObject", "s3:DeleteObject"] {
        let [statement] = with(action)[..] else { panic!("{action} is granted once") };
        let arns = statement["Resource"].as_array().expect("a list").iter();
        let keys: Vec<_> = arns.map(|arn| arn["Fn::Sub"].as_str().expect("an ARN")).collect();
        let expected = [
            "index.html",
            "??/index.html",
            "tickets/*/index.html",
            "??/tickets/*/index.html",
            "feed.xml",
            "??/feed.xml",
            "sitemap.xml",
            "sitemaps/*.xml",
        ];
        assert_eq!(keys, expected.map(|key| format!("${{SiteBucket.Arn}}/{key}")), "{action}");
    }
    let [listing] = with("s3:ListBucket")[..] else { panic!("it sees whether an object is missing or forbidden") };
    assert_eq!(referred(&listing["Resource"]), Some("SiteBucket"));
    let mut writers = BTreeSet::new();
    for function in template.functions() {
        let statements = template.statements(&format!("{function}Role"));
        if statements.iter().any(|statement| texts(&statement["Action"]).iter().any(|action| action.starts_with("s3:")))
        {
            writers.insert(function);
        }
    }
    assert_eq!(writers, BTreeSet::from(["RenderPages".to_owned()]));
}

#[test]
fn the_render_queue_tries_five_times_and_waits_for_a_run_to_end() {
    let template = Template::get();
    let queue = template.properties("RenderQueue");
    assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 5);
    assert_eq!(referred(&queue["RedrivePolicy"]["deadLetterTargetArn"]), Some("RenderDeadLetterQueue"));
    let timeout = template.properties("RenderPages")["Timeout"].as_u64().expect("seconds");
    assert_eq!(queue["VisibilityTimeout"].as_u64(), Some(6 * timeout));
    let mapping = template
        .of_type("AWS::Lambda::EventSourceMapping")
        .find(|(_, mapping)| referred(&mapping["FunctionName"]) == Some("RenderPages"))
        .expect("the queue's mapping")
        .1;
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(mapping["ScalingConfig"]["MaximumConcurrency"], 2);
    let sends = template.statements("ProjectCatalogueRole").into_iter().any(|statement| {
        texts(&statement["Action"]) == ["sqs:SendMessage"] && referred(&statement["Resource"]) == Some("RenderQueue")
    });
    assert!(sends, "whoever writes the catalogue's rows asks for the pages");
}

/// A deletion is announced ahead by as long as its decision may take, and requests that were under way then after it.
#[test]
fn the_erasure_queue_waits_until_no_request_is_under_way_and_for_what_is_held() {
    let template = Template::get();
    let queue = template.properties("ErasureQueue");
    assert_eq!(referred(&queue["RedrivePolicy"]["deadLetterTargetArn"]), Some("ErasureDeadLetterQueue"));
    let timeout =
        |function: &str| Duration::from_secs(template.properties(function)["Timeout"].as_u64().expect("seconds"));
    let longest = template.routes().iter().map(|(_, function)| timeout(function)).max().expect("a route");
    assert!(longest < REQUESTS_END_WITHIN, "a request of an ended session has ended by then");
    assert!(longest + REQUESTS_END_WITHIN < ANNOUNCED_AHEAD, "and the decision has fallen");
    let again = Duration::from_secs(queue["VisibilityTimeout"].as_u64().expect("seconds"));
    assert!(again >= 6 * timeout("EraseAccount") && again > REQUESTS_END_WITHIN, "nobody works on it any more");
    let parameter = |name: &str| Duration::from_secs(template.parameter(name)["Default"].as_u64().expect("seconds"));
    let hold_and_payment = parameter("HoldSeconds") + parameter("PaymentSeconds");
    let receives = u32::try_from(queue["RedrivePolicy"]["maxReceiveCount"].as_u64().expect("a number")).expect("few");
    assert!(again * receives > 3 * hold_and_payment, "one hold, and the next one, end in that time");
    let mapping = template
        .of_type("AWS::Lambda::EventSourceMapping")
        .find(|(_, mapping)| referred(&mapping["FunctionName"]) == Some("EraseAccount"))
        .expect("the queue's mapping")
        .1;
    assert_eq!((&mapping["BatchSize"], &mapping["ScalingConfig"]["MaximumConcurrency"]), (&json!(1), &json!(2)));
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    for function in ["DeleteAccount", "EraseAccount"] {
        let statements = template.statements(&format!("{function}Role"));
        let sends = |statement: &&Value| texts(&statement["Action"]) == ["sqs:SendMessage"];
        let sends = statements.iter().find(sends).expect("it may send");
        assert!(sends["Resource"].to_string().contains("\"ErasureQueue\""), "{function}");
    }
}

/// The emulator sees neither identity nor sender of a mail: here is what the cloud will see.
#[test]
fn one_function_sends_mails_and_from_one_address() {
    let template = Template::get();
    let sends = |function: &String| {
        let statements = template.statements(&format!("{function}Role")).into_iter();
        let about_mails = |statement: &Value| texts(&statement["Action"]).iter().any(|name| name.starts_with("ses:"));
        statements.filter(about_mails).collect::<Vec<_>>()
    };
    for function in template.functions() {
        let statements = sends(&function);
        if function != "SendMail" {
            assert!(statements.is_empty(), "{function}: {statements:?}");
            continue;
        }
        let [statement] = statements.as_slice() else { panic!("{statements:?}") };
        assert_eq!(texts(&statement["Action"]), ["ses:SendEmail"]);
        let identities = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*";
        assert_eq!(statement["Resource"]["Fn::Sub"], identities);
        assert_eq!(statement["Condition"], json!({"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}));
    }
}

#[test]
fn without_a_sender_nothing_is_asked_for_and_nothing_may_be_sent() {
    let template = Template::get();
    let only_with_sender = |value: &Value, then: Value| {
        assert_eq!(*value, json!({"Fn::If": ["SendsMail", then, {"Ref": "AWS::NoValue"}]}));
    };
    for function in ["SignUp", "RequestVerification", "RequestPasswordReset"] {
        let told = &template.properties(function)["Environment"]["Variables"]["MAIL_QUEUE_URL"];
        only_with_sender(told, json!({"Ref": "MailQueue"}));
    }
    let told = &template.properties("SendMail")["Environment"]["Variables"]["MAIL_FROM"];
    only_with_sender(told, json!({"Ref": "MailFrom"}));
    let policies = template.properties("SendMailRole")["Policies"].to_string();
    assert_eq!(policies.matches("ses:SendEmail").count(), 1);
    assert!(policies.contains(r#"{"Fn::If":["SendsMail",{"Effect":"Allow","Action":"ses:SendEmail""#), "{policies}");
}

#[test]
fn the_mail_queue_tries_five_times_one_mail_a_run_and_waits_for_a_run_to_end() {
    let template = Template::get();
    let queue = template.properties("MailQueue");
    assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 5);
    assert_eq!(referred(&queue["RedrivePolicy"]["deadLetterTargetArn"]), Some("MailDeadLetterQueue"));
    let timeout = template.properties("SendMail")["Timeout"].as_u64().expect("seconds");
    assert_eq!(queue["VisibilityTimeout"].as_u64(), Some(6 * timeout));
    for name in ["MailQueue", "MailDeadLetterQueue"] {
        assert_eq!(template.properties(name)["SqsManagedSseEnabled"], true, "{name}");
    }
    let mapping = template
        .of_type("AWS::Lambda::EventSourceMapping")
        .find(|(_, mapping)| referred(&mapping["FunctionName"]) == Some("SendMail"))
        .expect("the queue's mapping")
        .1;
    assert_eq!(mapping["BatchSize"], 1, "a mail that fails takes no other with it");
    let asks = |function: &String| {
        template.statements(&format!("{function}Role")).iter().any(|statement| {
            texts(&statement["Action"]) == ["sqs:SendMessage"] && referred(&statement["Resource"]) == Some("MailQueue")
        })
    };
    let asking: BTreeSet<String> = template.functions().into_iter().filter(asks).collect();
    assert_eq!(asking, ["RequestPasswordReset", "RequestVerification", "SignUp"].map(str::to_owned).into());
}
