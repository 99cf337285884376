"""Walks a deployed site as a visitor does, and reads only; needs Python and nothing else.

    smoke.py URL            public pages, their scripts, the API without a session; what must be refused is refused
    smoke.py URL --order    also signs up, lists a ticket, holds it and gives it back, for stages that are not prod

Ends with 0 when all is well, and names each thing that is not.
"""

import argparse
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request
import uuid

LIMIT = 30
# A catalogue row comes by events, and a cold function takes a moment.
PATIENCE = 60
ASSET = re.compile(r'(?:src|href)="(/assets/[^"]+)"')


class Problem(Exception):
    """What is not as it should be."""


class Visitor:
    """A browser, as far as this needs one."""

    def __init__(self, base):
        self.base = base.rstrip("/")
        self.cookie = None

    def ask(self, path, method="GET", body=None, origin=True, **headers):
        """Status, headers and text of an answer; redirects are not followed."""
        request = urllib.request.Request(self.base + path, method=method, headers=headers)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if origin and method != "GET":
            request.add_header("Origin", self.base)
        if self.cookie:
            request.add_header("Cookie", self.cookie)
        try:
            answer = urllib.request.urlopen(request, timeout=LIMIT)
        except urllib.error.HTTPError as refused:
            answer = refused
        except OSError as unreachable:
            raise Problem(f"{method} {path}: not reached: {unreachable}") from None
        with answer:
            text = answer.read().decode("utf-8", "replace")
            cookie = answer.headers.get("Set-Cookie")
            if cookie:
                self.cookie = cookie.split(";")[0]
            return answer.status, answer.headers, text

    def expect(self, status, path, method="GET", body=None, **more):
        """The answer, which has this status."""
        found, headers, text = self.ask(path, method, body, **more)
        if found != status:
            raise Problem(f"{method} {path}: {found} instead of {status}: {text[:200]}")
        return headers, text

    def data(self, status, path, method="GET", body=None, **more):
        """The JSON of an answer."""
        return json.loads(self.expect(status, path, method, body, **more)[1])


def pages(visitor):
    """Public pages are there, with their policy and with scripts and styles that are there, too."""
    for path in ("/", "/de/"):
        headers, text = visitor.expect(200, path)
        policy = headers.get("Content-Security-Policy", "")
        if "default-src 'none'" not in policy:
            raise Problem(f"{path}: no strict Content-Security-Policy but {policy!r}")
        assets = sorted(set(ASSET.findall(text)))
        if not assets:
            raise Problem(f"{path}: names no script and no style")
        for asset in assets:
            visitor.expect(200, asset)
    visitor.expect(404, f"/no-such-page-{secrets.token_hex(4)}/")


def api(visitor):
    """The API answers, and refuses what it must refuse."""
    if not isinstance(visitor.data(200, "/api/tickets")["items"], list):
        raise Problem("/api/tickets: no list")
    if visitor.data(200, "/api/session")["user"] is not None:
        raise Problem("/api/session: somebody is signed in")
    headers, _ = visitor.expect(401, "/api/orders")
    if headers.get("Access-Control-Allow-Origin"):
        raise Problem("/api/orders: other origins are let in")
    visitor.expect(400, "/api/session", "POST", {"email": "nobody@example.com", "password": "x"}, origin=False)


def order(visitor):
    """A ticket is listed, held by somebody else, and given back."""
    def somebody():
        one = Visitor(visitor.base)
        body = {"email": f"smoke-{uuid.uuid4()}@example.com", "password": secrets.token_urlsafe(24)}
        one.expect(201, "/api/users", "POST", body)
        return one

    seller, buyer = somebody(), somebody()
    ticket = seller.data(201, "/api/tickets", "POST", {"title": "Smoke test", "price": {"amount": 1000, "currency": "eur"}})
    try:
        held = buyer.data(201, "/api/orders", "POST", {"ticket_id": ticket["id"]}, **{"Idempotency-Key": str(uuid.uuid4())})
        until(lambda: visitor.data(200, f"/api/tickets/{ticket['id']}")["state"] == "held", "the ticket is not shown as held")
        given_back = buyer.data(200, f"/api/orders/{held['id']}", "DELETE")
        if given_back["state"] != "cancelled":
            raise Problem(f"the order is {given_back['state']} after it was cancelled")
    finally:
        seller.expect(204, f"/api/tickets/{ticket['id']}", "DELETE")


def until(test, otherwise):
    """Waits for what caches and events bring about."""
    end = time.monotonic() + PATIENCE
    while not test():
        if time.monotonic() > end:
            raise Problem(otherwise)
        time.sleep(1)


def main(arguments):
    parser = argparse.ArgumentParser(description="Walks a deployed site.")
    parser.add_argument("url")
    parser.add_argument("--order", action="store_true", help="also list, hold and give back a ticket")
    options = parser.parse_args(arguments)
    walks = [pages, api, *([order] if options.order else [])]
    failed = 0
    for walk in walks:
        try:
            walk(Visitor(options.url))
            print(f"ok      {walk.__name__}")
        except (Problem, KeyError, TypeError, json.JSONDecodeError) as problem:
            failed += 1
            print(f"FAILED  {walk.__name__}: {problem!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
