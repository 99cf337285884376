use std::sync::{Arc, Mutex};

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

fn bucket(rule: &Rule) -> SiteBucket {
    SiteBucket::new(mock_client!(aws_sdk_s3, RuleMode::MatchAny, [rule]), "site".to_owned())
}

/// An answer with a status and an error of S3.
fn refusal(status: u16, code: &str) -> aws_sdk_s3::config::http::HttpResponse {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    let status = status.try_into().expect("a status");
    aws_sdk_s3::config::http::HttpResponse::new(status, aws_sdk_s3::primitives::SdkBody::from(body))
}

#[test]
fn the_etag_of_bytes_is_what_s3_calls_them() {
    let etag = ETag::of(b"hello world");
    assert_eq!(etag.to_string(), "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"");
    assert_eq!(ETag::from_header("\"5eb63bbbe01eeed093cb22bb8f5acdc3\""), etag);
}

#[test]
fn each_kind_of_object_has_its_type() {
    assert_eq!(content_type("de/tickets/page/7/index.html"), "text/html; charset=utf-8");
    assert_eq!(content_type("de/feed.xml"), "application/atom+xml; charset=utf-8");
    assert_eq!(content_type("sitemaps/head.xml"), "application/xml; charset=utf-8");
}

#[tokio::test]
async fn a_write_names_what_it_replaces() {
    let guards = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&guards);
    let rule = mock!(Client::put_object)
        .match_requests(move |request| {
            let guard = (request.if_match().map(str::to_owned), request.if_none_match().map(str::to_owned));
            noted.lock().unwrap().push(guard);
            true
        })
        .then_output(|| PutObjectOutput::builder().build());
    let bucket = bucket(&rule);
    let seen = ETag::of(b"old");
    assert_eq!(bucket.write("index.html", b"new".to_vec(), Some(&seen)).await.unwrap(), Guarded::Done);
    assert_eq!(bucket.write("index.html", b"new".to_vec(), None).await.unwrap(), Guarded::Done);
    let expected = [(Some(seen.to_string()), None), (None, Some("*".to_owned()))];
    assert!(expected.iter().all(|guard| guards.lock().unwrap().contains(guard)), "{guards:?}");
}

#[tokio::test]
async fn what_somebody_else_has_written_is_a_lost_write_and_an_outage_is_none() {
    let seen = ETag::of(b"old");
    for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict"), (404, "NoSuchKey")] {
        let rule = mock!(Client::put_object).then_http_response(move || refusal(status, code));
        let lost = bucket(&rule).write("index.html", Vec::new(), Some(&seen)).await;
        assert_eq!(lost.unwrap(), Guarded::Lost, "{code}");
        let rule = mock!(Client::delete_object).then_http_response(move || refusal(status, code));
        assert_eq!(bucket(&rule).remove("index.html", &seen).await.unwrap(), Guarded::Lost, "{code}");
    }
    for (status, code) in [(403, "AccessDenied"), (404, "NoSuchBucket")] {
        let rule = mock!(Client::put_object).then_http_response(move || refusal(status, code));
        let error = bucket(&rule).write("index.html", Vec::new(), Some(&seen)).await.unwrap_err();
        assert_eq!(error.to_string(), "the site's bucket did not write index.html", "{code}");
        let rule = mock!(Client::delete_object).then_http_response(move || refusal(status, code));
        bucket(&rule).remove("index.html", &seen).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_missing_object_is_told_from_one_that_may_not_be_read() {
    let rule = mock!(Client::head_object).then_http_response(|| refusal(404, "NoSuchKey"));
    assert_eq!(bucket(&rule).etag("index.html").await.unwrap(), None);
    let rule = mock!(Client::head_object).then_http_response(|| refusal(403, "AccessDenied"));
    bucket(&rule).etag("index.html").await.unwrap_err();
    let rule = mock!(Client::head_object).then_output(|| HeadObjectOutput::builder().e_tag("\"ab\"").build());
    assert_eq!(bucket(&rule).etag("index.html").await.unwrap(), Some(ETag("ab".to_owned())));
}

#[tokio::test]
async fn what_is_known_is_not_read_again() {
    let rule = mock!(Client::get_object)
        .match_requests(|request| request.if_none_match() == Some("\"ab\""))
        .then_http_response(|| refusal(304, "NotModified"));
    let known = ETag("ab".to_owned());
    assert_eq!(bucket(&rule).fetch("assets/manifest.json", Some(&known)).await.unwrap(), Fetched::Unchanged);
    let rule = mock!(Client::get_object).then_http_response(|| refusal(404, "NoSuchKey"));
    assert_eq!(bucket(&rule).fetch("assets/manifest.json", None).await.unwrap(), Fetched::Absent);
}
