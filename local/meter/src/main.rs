//! Starts the meter with the settings of the command line.

use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    meter::serve(meter::Settings::parse()).await
}
