//! Starts the fake; the crate's documentation says what it does.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use clap::Parser;
use fake_stripe::{Options, start};

/// A small Stripe on 127.0.0.1, for local runs and tests.
#[derive(Debug, Parser)]
#[command(name = "fake_stripe")]
struct Arguments {
    /// Port on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// The key of servers.
    #[arg(long, default_value = "sk_test_fake")]
    secret_key: String,
    /// The key of browsers.
    #[arg(long, default_value = "pk_test_fake")]
    publishable_key: String,
    /// What signs webhooks; given twice, each delivery carries two signatures.
    #[arg(long, default_value = "whsec_fake")]
    webhook_secret: Vec<String>,
    /// Where events are sent.
    #[arg(long)]
    webhook_url: Option<String>,
    /// A type of events to send, instead of the usual ones; may be given several times.
    #[arg(long)]
    webhook_event: Vec<String>,
    /// A file that brings everything back after a crash.
    #[arg(long)]
    state: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let usual = Options::default();
    let chosen = !arguments.webhook_event.is_empty();
    let _server = start(Options {
        port: arguments.port,
        secret_key: arguments.secret_key,
        publishable_key: arguments.publishable_key,
        webhook_secrets: arguments.webhook_secret,
        webhook_url: arguments.webhook_url,
        webhook_events: if chosen { arguments.webhook_event } else { usual.webhook_events.clone() },
        state: arguments.state,
        on_crash: Some(begin_again),
        ..usual
    })
    .await?;
    std::future::pending().await
}

/// A crash and a restart in one: memory and connections are gone, the same program begins anew under the same id.
fn begin_again() {
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    drop(std::process::Command::new(program).args(arguments).exec());
    std::process::abort();
}
