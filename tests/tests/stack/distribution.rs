//! The distribution and its bucket as the cloud will see them: what the emulator does not check, or does not do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{Template, referred, texts};

/// The cache policy of AWS that caches nothing.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'";
const CHECKOUT: &str = "default-src 'none'; script-src 'self' https://js.stripe.com https://*.js.stripe.com; \
                        frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com; \
                        style-src 'self'; img-src 'self' data:; connect-src 'self' https://api.stripe.com; \
                        form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn distribution(template: &Template) -> &Value {
    &template.properties("Distribution")["DistributionConfig"]
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

#[test]
fn the_bucket_is_private_and_outlives_the_stack() {
    let template = Template::get();
    let bucket = template.properties("SiteBucket");
    let all = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    assert_eq!(bucket["PublicAccessBlockConfiguration"], json!(BTreeMap::from(all.map(|name| (name, true)))));
    assert_eq!(bucket["OwnershipControls"], json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}));
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"];
    assert_eq!(*encryption, json!([{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]));
    assert!(bucket["VersioningConfiguration"].is_null());
    assert!(template.is_retained("SiteBucket"));
    assert_eq!(template.of_type("AWS::S3::Bucket").count(), 1);
}

#[test]
fn the_bucket_lets_this_distribution_read_objects_and_nobody_do_anything_else() {
    let template = Template::get();
    let policies: Vec<_> = template.of_type("AWS::S3::BucketPolicy").collect();
    let [(_, policy)] = policies[..] else { panic!("{policies:?}") };
    assert_eq!(referred(&policy["Bucket"]), Some("SiteBucket"));
    let this = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}";
    // Without s3:ListBucket a missing key is a 403, on which the page for what is missing depends.
    assert_eq!(
        policy["PolicyDocument"]["Statement"],
        json!([{
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": {"Fn::Sub": "${SiteBucket.Arn}/*"},
            "Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": this}}},
        }])
    );
}

#[test]
fn both_origins_know_that_it_is_the_distribution_that_asks() {
    let template = Template::get();
    let [site, api] = list(&distribution(&template)["Origins"]) else { panic!("two origins") };
    assert_eq!(site["Id"], "site");
    assert_eq!(site["DomainName"], json!({"Fn::GetAtt": ["SiteBucket", "RegionalDomainName"]}));
    assert_eq!(referred(&site["OriginAccessControlId"]), Some("SiteAccess"));
    let access = &template.properties("SiteAccess")["OriginAccessControlConfig"];
    assert_eq!(
        (&access["OriginAccessControlOriginType"], &access["SigningBehavior"], &access["SigningProtocol"]),
        (&json!("s3"), &json!("always"), &json!("sigv4"))
    );

    assert_eq!(api["Id"], "api");
    assert_eq!(api["DomainName"]["Fn::Sub"], "${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}");
    let over = json!({"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]});
    assert_eq!(api["CustomOriginConfig"], over);
    let secret = json!({"Fn::Sub": "{{resolve:secretsmanager:${OriginSecret.Id}}}"});
    assert_eq!(api["OriginCustomHeaders"], json!([{"HeaderName": "X-Origin-Secret", "HeaderValue": secret}]));
}

/// What distinguishes one behaviour from another.
fn told(behaviour: &Value) -> String {
    let id = |name: &str| {
        let value = &behaviour[name];
        referred(value).or_else(|| value.as_str()).unwrap_or("-").to_owned()
    };
    let functions: Vec<_> = behaviour["FunctionAssociations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            assert_eq!(one["EventType"], "viewer-request");
            referred(&one["FunctionARN"]).expect("a function")
        })
        .collect();
    format!(
        "{} -> {} {} {} {} {} {functions:?}",
        behaviour["PathPattern"].as_str().unwrap_or("*"),
        behaviour["TargetOriginId"].as_str().expect("an origin"),
        if list(&behaviour["AllowedMethods"]).len() == 7 { "all" } else { "reads" },
        id("CachePolicyId"),
        id("OriginRequestPolicyId"),
        id("ResponseHeadersPolicyId"),
    )
}

#[test]
fn each_address_has_its_behaviour() {
    let template = Template::get();
    let config = distribution(&template);
    let mut behaviours = list(&config["CacheBehaviors"]).to_vec();
    behaviours.push(config["DefaultCacheBehavior"].clone());
    let found: Vec<_> = behaviours.iter().map(told).collect();
    assert_eq!(
        found,
        [
            "/assets/* -> site reads AssetsCache - StrictHeaders []".to_owned(),
            "/api/tickets -> api all CatalogueCache ApiRequests StrictHeaders [\"SiteHost\"]".to_owned(),
            "/api/tickets/* -> api all CatalogueCache ApiRequests StrictHeaders [\"SiteHost\"]".to_owned(),
            format!("/api/* -> api all {CACHING_DISABLED} ApiRequests StrictHeaders [\"SiteHost\"]"),
            "/checkout/* -> site reads PagesCache - CheckoutHeaders [\"DirectoryIndex\"]".to_owned(),
            "/??/checkout/* -> site reads PagesCache - CheckoutHeaders [\"DirectoryIndex\"]".to_owned(),
            "* -> site reads PagesCache - StrictHeaders [\"DirectoryIndex\"]".to_owned(),
        ]
    );
    for behaviour in &behaviours {
        let name = told(behaviour);
        assert_eq!(behaviour["ViewerProtocolPolicy"], "redirect-to-https", "{name}");
        assert_eq!(behaviour["CachedMethods"], json!(["GET", "HEAD"]), "{name}");
        assert_eq!(behaviour["Compress"], true, "{name}");
        let methods: BTreeSet<_> = texts(&behaviour["AllowedMethods"]).into_iter().collect();
        let wanted: &[&str] = match behaviour["TargetOriginId"].as_str() {
            Some("api") => &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
            _ => &["GET", "HEAD"],
        };
        assert!(methods.iter().eq(wanted), "{name}: {methods:?}");
    }
}

#[test]
fn caches_know_addresses_and_nobodys_cookies() {
    let template = Template::get();
    let found: BTreeMap<_, _> = template
        .of_type("AWS::CloudFront::CachePolicy")
        .map(|(id, policy)| {
            let config = &policy["CachePolicyConfig"];
            let key = &config["ParametersInCacheKeyAndForwardedToOrigin"];
            assert_eq!(key["CookiesConfig"], json!({"CookieBehavior": "none"}), "{id}");
            assert_eq!(key["HeadersConfig"], json!({"HeaderBehavior": "none"}), "{id}");
            assert_eq!(key["EnableAcceptEncodingBrotli"], true, "{id}");
            assert_eq!(key["EnableAcceptEncodingGzip"], true, "{id}");
            let query = key["QueryStringsConfig"]["QueryStringBehavior"].as_str().expect("a behaviour").to_owned();
            let time = |name: &str| config[name].as_u64().expect("seconds");
            (id, ([time("MinTTL"), time("DefaultTTL"), time("MaxTTL")], query))
        })
        .collect();
    let year = 31_536_000;
    assert_eq!(
        found,
        BTreeMap::from([
            // What an answer says of itself is honoured: the least time is none. An answer of the API that says nothing
            // is not kept.
            ("AssetsCache", ([0, year, year], "none".to_owned())),
            ("CatalogueCache", ([0, 0, 60], "all".to_owned())),
            ("PagesCache", ([0, 10, 86_400], "none".to_owned())),
        ])
    );
}

#[test]
fn functions_get_what_they_read_of_a_request_and_api_gateway_its_own_host() {
    let template = Template::get();
    let policy = &template.properties("ApiRequests")["OriginRequestPolicyConfig"];
    assert_eq!(policy["CookiesConfig"], json!({"CookieBehavior": "all"}));
    assert_eq!(policy["QueryStringsConfig"], json!({"QueryStringBehavior": "all"}));
    assert_eq!(policy["HeadersConfig"]["HeaderBehavior"], "whitelist");
    assert_eq!(
        texts(&policy["HeadersConfig"]["Headers"]),
        ["Origin", "Idempotency-Key", "Stripe-Signature", "User-Agent", "X-Site-Host", "CloudFront-Viewer-Address"]
    );
}

#[test]
fn two_policies_say_what_pages_may_load() {
    let template = Template::get();
    let mut found = BTreeMap::new();
    for (id, policy) in template.of_type("AWS::CloudFront::ResponseHeadersPolicy") {
        let config = &policy["ResponseHeadersPolicyConfig"];
        let security = config["SecurityHeadersConfig"].as_object().expect("headers");
        for (name, header) in security {
            assert_eq!(header["Override"], true, "{id}: {name}");
        }
        assert_eq!(security["FrameOptions"]["FrameOption"], "DENY", "{id}");
        assert_eq!(security["ReferrerPolicy"]["ReferrerPolicy"], "strict-origin-when-cross-origin", "{id}");
        assert_eq!(security["StrictTransportSecurity"]["AccessControlMaxAgeSec"], 63_072_000, "{id}");
        assert!(security.contains_key("ContentTypeOptions"), "{id}");
        let custom: BTreeMap<_, _> = list(&config["CustomHeadersConfig"]["Items"])
            .iter()
            .map(|header| (header["Header"].as_str().expect("a name"), header["Value"].as_str().expect("a value")))
            .collect();
        assert_eq!(custom["Cross-Origin-Opener-Policy"], "same-origin", "{id}");
        let permissions = custom["Permissions-Policy"];
        assert!(permissions.contains("camera=(), ") && permissions.contains("geolocation=(), "), "{id}: {permissions}");
        // Stripe's fields may offer the browser's own way to pay.
        assert_eq!(permissions.contains("payment=()"), id == "StrictHeaders", "{id}");
        found.insert(id, security["ContentSecurityPolicy"]["ContentSecurityPolicy"].as_str().expect("a policy"));
    }
    assert_eq!(found, BTreeMap::from([("CheckoutHeaders", CHECKOUT), ("StrictHeaders", STRICT)]));
}

#[test]
fn a_missing_page_is_a_404_and_errors_of_the_api_pass() {
    let template = Template::get();
    let mut pages = BTreeMap::new();
    for error in list(&distribution(&template)["CustomErrorResponses"]) {
        let code = error["ErrorCode"].as_u64().expect("a status");
        assert!(error["ErrorCachingMinTTL"].as_u64().is_some_and(|seconds| seconds <= 2), "{code} is kept too long");
        pages.insert(code, (error["ResponseCode"].as_u64(), error["ResponsePagePath"].as_str()));
    }
    let with_page = |status| (Some(status), Some(if status == 404 { "/404.html" } else { "/error.html" }));
    let mut expected = BTreeMap::from([(403, with_page(404)), (502, with_page(502)), (504, with_page(504))]);
    // Without an entry CloudFront would keep these for ten seconds.
    expected.extend([400, 404, 405, 500, 501, 503].map(|status| (status, (None, None))));
    assert_eq!(pages, expected);
}

#[test]
fn viewers_come_by_current_protocols() {
    let template = Template::get();
    let config = distribution(&template);
    assert_eq!(config["Enabled"], true);
    assert_eq!(config["HttpVersion"], "http2and3");
    assert_eq!(config["IPV6Enabled"], true);
    let [condition, own, default] = list(&config["ViewerCertificate"]["Fn::If"]) else { panic!("a choice") };
    assert_eq!(condition, "HasCertificate");
    assert_eq!(own["MinimumProtocolVersion"], "TLSv1.2_2021");
    assert_eq!(*default, json!({"CloudFrontDefaultCertificate": true}));
}

#[test]
fn the_template_carries_the_functions_word_for_word() {
    let template = Template::get();
    for (id, file) in [("DirectoryIndex", "directory_index.js"), ("SiteHost", "site_host.js")] {
        let function = template.properties(id);
        let path = format!("{}/../cloudfront/{file}", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(function["FunctionCode"], std::fs::read_to_string(path).expect("a file"), "{id}");
        assert_eq!(function["FunctionConfig"]["Runtime"], "cloudfront-js-2.0", "{id}");
        assert_eq!(function["AutoPublish"], true, "{id}");
    }
    assert_eq!(template.of_type("AWS::CloudFront::Function").count(), 2);
}

#[test]
fn no_function_behind_the_distribution_depends_on_it() {
    let template = Template::get();
    for (_, function) in template.routes() {
        let properties = template.properties(&function).to_string();
        assert!(!properties.contains("Distribution") && !properties.contains("SiteBucket"), "{function}");
    }
}
