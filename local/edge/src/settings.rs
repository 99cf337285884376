use clap::Parser;
use hyper::Uri;
use hyper::header::HeaderValue;

/// What the edge is told when it starts.
#[derive(Debug, Parser)]
#[command(about = "Forwards /api to the local HTTP API and everything else to the local distribution")]
pub struct Settings {
    /// Port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Address at which the emulator answers for its distributions.
    #[arg(long, value_parser = upstream)]
    pub site: Uri,
    /// Host to which the site's distribution answers there.
    #[arg(long)]
    pub site_host: HeaderValue,
    /// Address of the HTTP API's stage; a request's path is appended to it.
    #[arg(long, value_parser = upstream)]
    pub upstream: Uri,
    /// Address of what stands in for Stripe; `/_stripe/` leads there.
    #[arg(long, value_parser = upstream)]
    pub stripe: Option<Uri>,
    /// What proves to the functions that a request came through the edge.
    #[arg(long, env = "HOLDFAST_ORIGIN_SECRET", hide_env_values = true)]
    pub origin_secret: HeaderValue,
}

fn upstream(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.trim_end_matches('/').parse().map_err(|error| format!("{error}"))?;
    if uri.scheme_str() == Some("http") && uri.authority().is_some() && uri.query().is_none() {
        Ok(uri)
    } else {
        Err("expected http://host:port/path".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::upstream;

    #[test]
    fn an_upstream_is_plain_http_with_a_host() {
        let uri = upstream("http://localhost:4566/_aws/execute-api/abc/$default/").expect("valid");
        assert_eq!(uri.path(), "/_aws/execute-api/abc/$default");
        assert!(upstream("https://localhost").is_err());
        assert!(upstream("/api").is_err());
        assert!(upstream("http://localhost/?q=1").is_err());
    }
}
