//! The command line.

use std::path::PathBuf;

use holdfast_views::{SiteOrigin, StripeScript};

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder to write to.
    pub out: PathBuf,
    /// The folder of the site's sources: stylesheet and modules in `assets`, texts in `messages`.
    pub sources: PathBuf,
    /// The bundler's program.
    pub esbuild: PathBuf,
    /// The address under which the site will be seen.
    pub origin: SiteOrigin,
    /// The script of Stripe on the page where one pays.
    pub stripe: StripeScript,
}

/// A command line that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{problem}; use: site --out DIR --origin ADDRESS [--sources DIR] [--esbuild PROGRAM] [--stripe-js ADDRESS] (sources \
     are in site, esbuild is where npm ci puts it, and the script is Stripe's own, unless said otherwise)"
)]
pub struct InvalidArguments {
    problem: String,
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// [`InvalidArguments`] when one is unknown, lacks its value, or `--out` or `--origin` is missing.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, InvalidArguments> {
        let wrong = |problem: String| InvalidArguments { problem };
        let (mut out, mut origin, mut esbuild) = (None, None, None);
        let (mut sources, mut stripe) = (PathBuf::from("site"), StripeScript::default());
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| wrong(format!("{argument} needs a value")));
            match argument.as_str() {
                "--out" => out = Some(PathBuf::from(value()?)),
                "--origin" => origin = Some(SiteOrigin::parse(&value()?).map_err(|error| wrong(error.to_string()))?),
                "--sources" => sources = PathBuf::from(value()?),
                "--esbuild" => esbuild = Some(PathBuf::from(value()?)),
                "--stripe-js" => stripe = StripeScript::parse(&value()?).map_err(|error| wrong(error.to_string()))?,
                _ => return Err(wrong(format!("{argument} is unknown"))),
            }
        }
        let out = out.ok_or_else(|| wrong("--out is missing".to_owned()))?;
        let origin = origin.ok_or_else(|| wrong("--origin is missing".to_owned()))?;
        let esbuild = esbuild.unwrap_or_else(|| sources.join("node_modules/.bin/esbuild"));
        Ok(Self { out, sources, esbuild, origin, stripe })
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
        let origin = "https://tickets.example";
        let found = parse(&["--out", "a", "--origin", origin]).unwrap();
        assert_eq!((found.out, found.sources), ("a".into(), "site".into()));
        assert_eq!(found.esbuild, PathBuf::from("site/node_modules/.bin/esbuild"));
        assert_eq!(found.stripe, StripeScript::default());
        let all = ["--out", "a", "--origin", origin, "--sources", "b", "--esbuild", "c", "--stripe-js", "/d.js"];
        let found = parse(&all).unwrap();
        assert_eq!((found.sources, found.esbuild), ("b".into(), "c".into()));
        assert_eq!(found.stripe, StripeScript::parse("/d.js").unwrap());
        for (wrong, problem) in [
            (&["--origin", origin] as &[_], "--out is missing"),
            (&["--out", "a"], "--origin is missing"),
            (&["--out"], "--out needs a value"),
            (&["--in", "a"], "--in is unknown"),
            (
                &["--out", "a", "--stripe-js", "d.js"],
                "d.js is neither an address below https://js.stripe.com/ nor a path of the site",
            ),
            (&["--out", "a", "--origin", "/"], "/ is not an address such as https://tickets.example, without a path"),
        ] {
            assert_eq!(parse(wrong).unwrap_err(), problem);
        }
    }
}
