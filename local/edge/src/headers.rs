//! Which headers pass the edge, and which ones it adds.

use std::net::SocketAddr;

use hyper::HeaderMap;
use hyper::header::{
    COOKIE, HOST, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
    RANGE,
};

const SITE_HOST: HeaderName = HeaderName::from_static("x-site-host");
const ORIGIN_SECRET: HeaderName = HeaderName::from_static("x-origin-secret");
const VIEWER_ADDRESS: HeaderName = HeaderName::from_static("cloudfront-viewer-address");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the distribution passes on to a bucket of what a viewer sends: nothing else is in its policies.
const FOR_A_BUCKET: [HeaderName; 6] =
    [RANGE, IF_RANGE, IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE];

const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Removes the headers that belong to one connection only, among them those that `Connection` names.
pub(crate) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Whether functions believe a header of this name because only the edge can have set it.
fn is_the_edges_own(name: &HeaderName) -> bool {
    let name = name.as_str();
    name == SITE_HOST.as_str()
        || name == ORIGIN_SECRET.as_str()
        || name == "forwarded"
        || name.starts_with("cloudfront-")
        || name.starts_with("x-forwarded-")
        || name.starts_with("x-amz")
}

/// The headers of a request as the API is to see them.
///
/// `None` when the request names no host: nothing could be compared with its `Origin`.
pub(crate) fn for_the_api(
    client: &HeaderMap,
    secret: &HeaderValue,
    viewer: SocketAddr,
    with_cookies: bool,
) -> Option<HeaderMap> {
    let site_host = client.get(HOST)?.clone();
    let mut headers = client.clone();
    drop_hop_by_hop(&mut headers);
    let forged: Vec<HeaderName> = headers.keys().filter(|name| is_the_edges_own(name)).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    headers.remove(HOST);
    if !with_cookies {
        headers.remove(COOKIE);
    }
    let viewer = HeaderValue::from_str(&viewer.to_string()).ok()?;
    headers.insert(SITE_HOST, site_host);
    headers.insert(ORIGIN_SECRET, secret.clone());
    headers.insert(VIEWER_ADDRESS, viewer);
    Some(headers)
}

/// The headers of a request as the distribution is to see them, which takes viewers by HTTPS only.
pub(crate) fn for_the_site(client: &HeaderMap, host: &HeaderValue) -> HeaderMap {
    let mut headers: HeaderMap =
        FOR_A_BUCKET.into_iter().filter_map(|name| Some((name.clone(), client.get(name)?.clone()))).collect();
    headers.insert(HOST, host.clone());
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(client: &[(&'static str, &'static str)], with_cookies: bool) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in client {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let viewer = SocketAddr::from(([127, 0, 0, 1], 5000));
        for_the_api(&headers, &HeaderValue::from_static("s3cret"), viewer, with_cookies)
    }

    #[test]
    fn the_edge_says_who_asks_and_what_for() {
        let headers =
            seen(&[("host", "localhost:8080"), ("origin", "http://localhost:8080")], true).expect("has a host");
        assert_eq!(headers["x-site-host"], "localhost:8080");
        assert_eq!(headers["x-origin-secret"], "s3cret");
        assert_eq!(headers["cloudfront-viewer-address"], "127.0.0.1:5000");
        assert_eq!(headers["origin"], "http://localhost:8080");
        assert!(!headers.contains_key("host"));
    }

    #[test]
    fn forged_headers_are_dropped_every_time_they_occur() {
        let headers = seen(
            &[
                ("host", "localhost"),
                ("x-site-host", "evil.example"),
                ("x-site-host", "evil2.example"),
                ("x-origin-secret", "guess"),
                ("cloudfront-viewer-address", "203.0.113.9:1"),
                ("cloudfront-viewer-country", "XX"),
                ("x-forwarded-for", "203.0.113.9"),
            ],
            true,
        )
        .expect("has a host");
        let hosts: Vec<_> = headers.get_all("x-site-host").iter().collect();
        assert_eq!(hosts, ["localhost"]);
        assert_eq!(headers["x-origin-secret"], "s3cret");
        assert_eq!(headers["cloudfront-viewer-address"], "127.0.0.1:5000");
        assert!(!headers.contains_key("cloudfront-viewer-country"));
        assert!(!headers.contains_key("x-forwarded-for"));
    }

    #[test]
    fn connection_headers_and_those_they_name_stay_behind() {
        let headers = seen(
            &[("host", "localhost"), ("connection", "keep-alive, x-hop"), ("x-hop", "1"), ("te", "trailers")],
            true,
        )
        .expect("has a host");
        assert!(!headers.contains_key("connection"));
        assert!(!headers.contains_key("x-hop"));
        assert!(!headers.contains_key("te"));
    }

    #[test]
    fn cookies_pass_only_where_they_are_wanted() {
        let client = [("host", "localhost"), ("cookie", "__Host-session=a")];
        assert!(seen(&client, true).expect("has a host").contains_key("cookie"));
        assert!(!seen(&client, false).expect("has a host").contains_key("cookie"));
    }

    #[test]
    fn a_request_without_a_host_is_not_forwarded() {
        assert!(seen(&[("accept", "*/*")], true).is_none());
    }

    #[test]
    fn the_distribution_sees_conditions_and_ranges_alone() {
        let client = [
            ("host", "localhost:8080"),
            ("if-none-match", "W/\"1\""),
            ("range", "bytes=0-1"),
            ("cookie", "a=b"),
            ("authorization", "AWS4-HMAC-SHA256 guess"),
            ("x-amz-target", "DynamoDB_20120810.ListTables"),
            ("x-forwarded-proto", "http"),
            ("via", "1.1 a (CloudFront)"),
        ];
        let client = client.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let headers = for_the_site(&HeaderMap::from_iter(client), &HeaderValue::from_static("d.cloudfront.localhost"));
        assert_eq!(headers.len(), 4);
        assert_eq!(headers["host"], "d.cloudfront.localhost");
        assert_eq!(headers["x-forwarded-proto"], "https");
        assert_eq!(headers["if-none-match"], "W/\"1\"");
        assert_eq!(headers["range"], "bytes=0-1");
    }
}
