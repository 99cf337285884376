//! What is linked into functions: Stripe's client into those that pay, SES's into the one that sends mails, the schemas of the
//! OpenAPI document and the switch for faults into none.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

const PAYING: [&str; 5] = ["reconcile_order", "refund_order", "start_payment", "stripe_webhook", "sweep"];

/// The feature of the domain by which the exhaustive model puts faults back.
const FAULTS: &str = "faults";

/// The packages that are linked into each function, a line each: a question to cargo takes some tenths of a second.
static LINKED: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let functions = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../functions")).expect("functions/");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name().into_string();
    let named = functions.map(|entry| name(entry).expect("a name"));
    named.map(|function| (function.clone(), tree(&function, &["--edges", "normal"]))).collect()
});

fn tree(package: &str, options: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--prefix", "none", "--offline", "--locked"])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The functions that `package` is linked into.
fn with(package: &str) -> BTreeSet<String> {
    let begins = format!("{package} ");
    let has = |linked: &String| linked.lines().any(|line| line.starts_with(&begins));
    LINKED.iter().filter(|(_, linked)| has(linked)).map(|(function, _)| function.clone()).collect()
}

#[test]
fn stripe_is_linked_into_the_functions_that_pay_and_no_others() {
    assert_eq!(with("async-stripe-core"), PAYING.map(str::to_owned).into());
}

#[test]
fn ses_is_linked_into_the_function_that_sends_mails_and_no_other() {
    assert_eq!(with("aws-sdk-sesv2"), ["send_mail".to_owned()].into());
}

#[test]
fn schemas_are_linked_into_no_function() {
    for (function, linked) in LINKED.iter() {
        assert!(linked.lines().any(|line| line.starts_with("serde ")), "{function} has no dependencies at all?");
        assert!(!linked.lines().any(|line| line.starts_with("schemars ")), "{function} has the feature openapi");
    }
}

#[test]
fn a_fault_can_be_put_back_in_the_model_and_in_no_function() {
    let can = |package: &str, options: &[&str]| {
        let features = tree(package, &[&["--edges", "normal", "--format", "{p} {f}"], options].concat());
        let mut domain = features.lines().filter(|line| line.starts_with("holdfast_domain ")).peekable();
        assert!(domain.peek().is_some(), "{package} decides without the domain");
        domain.any(|line| line.split([' ', ',']).any(|word| word == FAULTS))
    };
    assert!(can("model", &["--features", "faults"]));
    // Not even when every feature of its own is on.
    let with: Vec<&String> = LINKED.keys().filter(|name| can(name, &["--all-features"])).collect();
    assert!(with.is_empty(), "{with:?}");
}
