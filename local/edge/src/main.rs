//! Starts the edge with the settings of the command line.

use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    edge::serve(edge::Settings::parse()).await
}
