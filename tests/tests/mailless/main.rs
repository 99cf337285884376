//! A stage without a sender of mails, and one whose sender SES refuses.
//!
//! A program of its own: while it runs, functions of the stack are told something else.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::types::Environment;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};
use tests::{Aws, Call, Logs, Stack, eventually, operate};

const ASKING: [&str; 3] = ["SignUp", "RequestVerification", "RequestPasswordReset"];
const QUEUE: &str = "MailDeadLetterQueue";

/// Five runs with a second between them.
const UNTIL_GIVEN_UP: Duration = Duration::from_mins(2);

/// Tells a function something else; what it was told before.
async fn tell(
    aws: &Aws,
    stack: &Stack,
    function: &str,
    change: impl FnOnce(&mut HashMap<String, String>),
) -> HashMap<String, String> {
    let name = stack.resource(function);
    let found = aws.lambda.get_function_configuration().function_name(&name).send().await.expect("a function");
    let before = found.environment.and_then(|environment| environment.variables).expect("variables");
    let mut variables = before.clone();
    change(&mut variables);
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let update = aws.lambda.update_function_configuration().function_name(&name).environment(environment);
    update.send().await.expect("a change");
    before
}

/// How long a message that was not handled stays hidden.
async fn hide_for(aws: &Aws, stack: &Stack, seconds: &str) {
    let set = aws.sqs.set_queue_attributes().queue_url(stack.output("MailQueueUrl"));
    set.attributes(QueueAttributeName::VisibilityTimeout, seconds).send().await.expect("a change");
}

async fn without_a_sender(aws: &Aws, stack: &Stack) {
    let before = stack.person("Before").await;
    stack.mail_to(&before.email, 1).await;
    let mut told = Vec::new();
    for function in ASKING {
        told.push((function, tell(aws, stack, function, |variables| drop(variables.remove("MAIL_QUEUE_URL"))).await));
    }
    let person = stack.person("Unwritten").await;
    let verification = person.send(Call::new("POST", "/api/email-verification").json(&json!({}))).await;
    let reset = Call::new("POST", "/api/password-reset").json(&json!({"email": person.email}));
    let reset = stack.send(reset).await;
    for (function, variables) in told {
        tell(aws, stack, function, |all| *all = variables).await;
    }
    verification.expect_problem(503, "mail-not-configured");
    reset.expect_problem(503, "mail-not-configured");
    // Whoever was asked for a mail since then has got it, and the one without a sender has not.
    let after = stack.person("After").await;
    stack.mail_to(&after.email, 1).await;
    assert_eq!(stack.mails_to(&person.email).await, []);
}

fn replay(dry_run: bool) -> Vec<Value> {
    let answer = operate("replay", &json!({"queues": [QUEUE], "dry_run": dry_run, "limit": 100}));
    answer["queues"][0]["messages"].as_array().expect("messages").clone()
}

fn is_there(messages: &[Value], user: &str) -> bool {
    messages.iter().any(|message| message["ids"]["user"] == user)
}

async fn refused_by_ses(aws: &Aws, stack: &Stack) {
    let logs = Logs::from_now();
    let told = tell(aws, stack, "SendMail", |variables| {
        variables.insert("MAIL_FROM".to_owned(), "nobody@unverified.example".to_owned());
    })
    .await;
    hide_for(aws, stack, "1").await;
    let person = stack.person("Refused").await;
    let id = person.id.clone();
    let arrived = tokio::spawn(async move {
        let look = || async { is_there(&replay(true), &id).then_some(()) };
        eventually("the mail in the queue of dead letters", UNTIL_GIVEN_UP, look).await;
    });
    // The function is mended whatever happens: others need it.
    let arrived = arrived.await;
    tell(aws, stack, "SendMail", |all| *all = told).await;
    hide_for(aws, stack, "180").await;
    arrived.expect("a dead letter");

    let lines = logs.of("SendMail", "the event failed");
    let about: Vec<&Value> = lines.iter().filter(|line| line["user_id"] == person.id.as_str()).collect();
    assert_eq!(about.len(), 5, "{lines:?}");
    for line in about {
        assert_eq!(line["error"], "the mail was not sent: SES refused the mail: MessageRejected");
    }
    let written = logs.read().into_iter().filter(|one| one.function == "SendMail");
    assert!(written.clone().count() > 0 && !written.into_iter().any(|one| one.text.contains(&person.email)));
    let sqs = &aws.sqs;
    let peeked =
        sqs.receive_message().queue_url(stack.resource(QUEUE)).visibility_timeout(0).max_number_of_messages(10);
    let peeked = peeked.send().await.expect("messages").messages.unwrap_or_default();
    let bodies: String = peeked.iter().filter_map(|message| message.body.clone()).collect();
    assert!(bodies.contains(&person.id) && !bodies.contains('@'), "{bodies}");

    assert!(is_there(&replay(false), &person.id));
    stack.mail_to(&person.email, 1).await;
    assert!(!is_there(&replay(false), &person.id), "what was handed on is gone");
}

#[tokio::test]
async fn without_a_sender_it_is_said_and_what_ses_refuses_waits_for_the_operator() {
    let (stack, aws) = (Stack::get(), Aws::get().await);
    without_a_sender(&aws, &stack).await;
    refused_by_ses(&aws, &stack).await;
}
