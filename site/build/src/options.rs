//! The command line.

use std::path::PathBuf;

use holdfast_views::StripeScript;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder to write to.
    pub out: PathBuf,
    /// The folder with the stylesheet and the modules.
    pub assets: PathBuf,
    /// The script of Stripe on the page where one pays.
    pub stripe: StripeScript,
}

/// A command line that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{problem}; use: site --out DIR [--assets DIR] [--stripe-js ADDRESS] (assets are in site/assets, and the script is \
     Stripe's own, unless said otherwise)"
)]
pub struct InvalidArguments {
    problem: String,
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// [`InvalidArguments`] when one is unknown, lacks its value, or `--out` is missing.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, InvalidArguments> {
        let wrong = |problem: String| InvalidArguments { problem };
        let (mut out, mut assets, mut stripe) = (None, PathBuf::from("site/assets"), StripeScript::default());
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| wrong(format!("{argument} needs a value")));
            match argument.as_str() {
                "--out" => out = Some(PathBuf::from(value()?)),
                "--assets" => assets = PathBuf::from(value()?),
                "--stripe-js" => stripe = StripeScript::parse(&value()?).map_err(|error| wrong(error.to_string()))?,
                _ => return Err(wrong(format!("{argument} is unknown"))),
            }
        }
        let out = out.ok_or_else(|| wrong("--out is missing".to_owned()))?;
        Ok(Self { out, assets, stripe })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        Options::parse(arguments.iter().map(|&argument| argument.to_owned())).map_err(|error| error.problem)
    }

    #[test]
    fn reads_what_is_asked_for_and_names_what_is_wrong() {
        let expected = Options { out: "a".into(), assets: "site/assets".into(), stripe: StripeScript::default() };
        assert_eq!(parse(&["--out", "a"]), Ok(expected));
        assert_eq!(parse(&["--out", "a", "--assets", "b"]).unwrap().assets, PathBuf::from("b"));
        let local = parse(&["--out", "a", "--stripe-js", "/stripe.js"]).unwrap();
        assert_eq!(local.stripe, StripeScript::parse("/stripe.js").unwrap());
        assert!(
            parse(&["--out", "a", "--stripe-js", "http://stripe.js"]).unwrap_err().starts_with("http://stripe.js is")
        );
        assert_eq!(parse(&[]), Err("--out is missing".to_owned()));
        assert_eq!(parse(&["--out"]), Err("--out needs a value".to_owned()));
        assert_eq!(parse(&["--fast"]), Err("--fast is unknown".to_owned()));
    }
}
