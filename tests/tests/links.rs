//! Which functions Stripe's client is linked into: those that pay, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

const PAYING: [&str; 5] = ["reconcile_order", "refund_order", "start_payment", "stripe_webhook", "sweep"];

/// What cargo would link, as ids of packages: for each the packages that it depends on to run.
fn graph() -> (BTreeMap<String, String>, BTreeMap<String, BTreeSet<String>>) {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    let names = packages.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let is_normal = |dependency: &&Value| {
        dependency["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
    };
    let linked = |node: &Value| {
        let dependencies = node["deps"].as_array().expect("dependencies");
        dependencies.iter().filter(is_normal).map(|one| text(&one["pkg"])).collect()
    };
    (names, nodes.iter().map(|node| (text(&node["id"]), linked(node))).collect())
}

#[test]
fn stripe_is_linked_into_the_functions_that_pay_and_no_others() {
    let (names, linked) = graph();
    let functions = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../functions")).expect("functions/");
    let mut with_stripe = BTreeSet::new();
    for function in functions.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name")) {
        let id = names.iter().find(|(_, name)| **name == function).expect("a package").0;
        let (mut seen, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(package) = open.pop() {
            if seen.insert(package) {
                open.extend(&linked[package]);
            }
        }
        if seen.iter().any(|package| names[*package].starts_with("async-stripe")) {
            with_stripe.insert(function);
        }
    }
    assert_eq!(with_stripe, PAYING.map(str::to_owned).into());
}
