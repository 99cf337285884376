use clap::Parser;
use hyper::Uri;

/// What the meter is told when it starts.
#[derive(Debug, Clone, Parser)]
#[command(about = "Hands calls on to the local emulator and writes down what they cost")]
pub struct Settings {
    /// Port on 127.0.0.1.
    #[arg(long)]
    pub port: u16,
    /// Address of the emulator.
    #[arg(long)]
    pub upstream: Uri,
    /// Address of what stands in for Stripe: calls that AWS has not signed lead there.
    #[arg(long)]
    pub stripe: Option<Uri>,
    /// Region of the emulator.
    #[arg(long)]
    pub region: String,
    /// Key of the account's owner there, as name and secret.
    #[arg(long)]
    pub owner: String,
}
