"""Puts a built site into a stack's bucket, so that no page is ever there before what it names.

Scripts and stylesheets come first, under names that follow from their content; then the list of them, which a renderer
reads; then the pages. Nothing is deleted, and nothing is written over that render_pages writes. Whoever stops half-way
leaves the old pages, the new ones, or some of each: all of them have their assets.
"""

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

AT_ONCE = 8
IMMUTABLE = "public, max-age=31536000, immutable"
PAGE = "public, max-age=0, s-maxage=10, stale-while-revalidate=60"
MANIFEST = "assets/manifest.json"
# What render_pages writes, in any language: from the build such a page comes only where there is none yet.
RENDERED = re.compile(r"([a-z]{2}/)?(index\.html|feed\.xml|tickets/.*)|sitemap\.xml|sitemaps/.*")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}


def stack_outputs(stack):
    """What a stack says about itself."""
    [described] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def needed(outputs, name):
    """An output that publishing cannot do without."""
    if name not in outputs:
        raise SystemExit(f"the stack has no output {name}: deploy template.yaml first")
    return outputs[name]


def steps(folder):
    """The files of a built site by their keys, in three steps that must not mix."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    for key in files:
        if Path(key).suffix not in TYPES:
            raise SystemExit(f"{key} has no known type: nothing was published")
    if MANIFEST not in files:
        raise SystemExit(f"{folder} has no {MANIFEST}: build the site first")
    assets = {key: path for key, path in files.items() if key.startswith("assets/") and key != MANIFEST}
    pages = {key: path for key, path in files.items() if not key.startswith("assets/")}
    return assets, {MANIFEST: files[MANIFEST]}, pages


def head(s3, bucket, key):
    """What is known of an object, or nothing when it is not there."""
    try:
        return s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise


def put(s3, bucket, key, path):
    """Write one object unless it is there already. Whether it was written."""
    body = path.read_bytes()
    wanted = {
        "ContentType": TYPES[path.suffix],
        "CacheControl": IMMUTABLE if key.startswith("assets/") and key != MANIFEST else PAGE,
    }
    found = head(s3, bucket, key)
    is_rendered = RENDERED.fullmatch(key)
    if found and (
        is_rendered
        or found["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        and all(found.get(name) == value for name, value in wanted.items())
    ):
        return False
    if is_rendered:
        wanted["IfNoneMatch"] = "*"
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, **wanted)
    except ClientError as error:
        # Somebody has rendered it meanwhile, or is about to.
        if is_rendered and error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
            return False
        raise
    return True


def site(stack):
    """Where shoppers see the site, for the generator."""
    return {"origin": needed(stack_outputs(stack), "SiteUrl")}


def publish(stack, folder):
    """Publish a folder that the generator has written, and have every page rendered anew."""
    outputs = stack_outputs(stack)
    bucket = needed(outputs, "SiteBucket")
    s3 = boto3.client("s3", config=Config(max_pool_connections=AT_ONCE))
    written = unchanged = 0
    for files in steps(folder):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # The list ends when all of a step is done; its first failure ends everything.
            for was_written in list(pool.map(lambda entry: put(s3, bucket, *entry), files.items())):
                written += was_written
                unchanged += not was_written
    renderer = outputs.get("RenderPagesFunction")
    if renderer:
        payload = json.dumps({"render": "everything"}).encode()
        boto3.client("lambda").invoke(FunctionName=renderer, InvocationType="Event", Payload=payload)
    return {"bucket": bucket, "written": written, "unchanged": unchanged, "rendering": renderer is not None}
