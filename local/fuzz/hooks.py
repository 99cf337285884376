"""What Schemathesis is told of Holdfast: who sends a request, what a schema cannot say, and how many cases there were.

It is loaded by `cargo xtask fuzz-api`. Nothing here makes an answer right that is not: a rule names the one message that a valid
request may meet, and any other refusal of valid data is a finding.
"""

import ast
import atexit
import collections
import datetime
import hashlib
import hmac
import json
import os
import re
import threading
import time
import uuid

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.generation.meta import CoverageScenario, coverage_scenario
from schemathesis.openapi.checks import RejectedPositiveData

# CPython before 3.13 counts the depth of syntax trees for all threads together, so that two which parse at once fail each
# other; Hypothesis parses sources to describe what it draws.
PARSING = threading.Lock()
PARSE = ast.parse


def parse_alone(*args, **kwargs):
    with PARSING:
        return PARSE(*args, **kwargs)


ast.parse = parse_alone

BASE = os.environ["HOLDFAST_BASE_URL"].rstrip("/")
COUNTS = os.environ["HOLDFAST_FUZZ_COUNTS"]
STRIPE = os.environ["HOLDFAST_FAKE_STRIPE_URL"].rstrip("/")
WEBHOOK_SECRET = os.environ["HOLDFAST_WEBHOOK_SECRET"]
COOKIE = "__Host-session"
# A mail comes seconds after it was asked for, and later while the machine is busy.
MAIL_SECONDS = 30

# Operations that end the session they are asked with, or look at it: each thread has a person of its own for them.
OF_SESSIONS = {
    "sign_out", "end_sessions", "end_session", "list_sessions", "change_password", "current_user", "delete_account",
    "request_verification",
}
ENDING = {"sign_out", "end_sessions", "end_session", "change_password", "delete_account"}
OF_TICKETS = {"show_ticket", "show_my_ticket", "update_ticket", "delete_ticket"}
OF_BUYERS = {"place_order", "list_orders", "show_order", "cancel_order", "start_payment", "reconcile_order"}

# Refusals of valid data that no schema can foresee: the field, and what is said of it.
UNFORESEEABLE = [
    ("cursor", "is not a cursor of this"),  # a cursor belongs to the list and the query that gave it
    ("to", "must not be before from"),  # two parameters
    ("password", "is too easily guessed"),  # an estimate
    ("new_password", "is too easily guessed"),
    ("password", "is not your password"),  # a secret
    ("current_password", "is not your password"),  # a secret
    ("starts_at", "must be in the future"),  # a clock
]


def operation_of(case):
    return case.operation.definition.raw["operationId"]


def sender(case):
    """Whose session the request has; nobody's if that was left out or made up."""
    return PEOPLE.by_token.get((case.cookies or {}).get(COOKIE))


def is_valid(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


# ---------------------------------------------------------------- values of formats that mean more than their shape


def digest(number):
    return hashlib.sha256(str(number).encode()).hexdigest()[:40]


schemathesis.openapi.format("password", st.integers(min_value=0).map(digest))
schemathesis.openapi.format("cursor", st.just(""))
DAYS = st.dates(min_value=datetime.date(2031, 1, 1), max_value=datetime.date(9990, 1, 1))
schemathesis.openapi.format("date", DAYS.map(lambda day: day.isoformat()))
schemathesis.openapi.format(
    "date-time", st.builds(lambda day, tail: f"{day.isoformat()}T{tail}", DAYS, st.sampled_from(
        ["00:00:00Z", "23:59:59.999Z", "19:30:00+02:00", "06:00:00.123456-09:30"]
    ))
)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """The `Origin` of this site is one value, which the document cannot know."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "Origin":
                    parameter["schema"] = {"type": "string", "enum": [BASE]}


# ---------------------------------------------------------------- who sends a request


class Person:
    """Somebody with an account and, until it is ended, a session."""

    def __init__(self):
        self.email = f"{uuid.uuid4().hex}@fuzz.example"
        self.password = uuid.uuid4().hex
        self.jar = {}
        self.followed = set()
        self.sign("/api/users", {"display_name": "Fuzz"})

    def sign(self, path, more):
        body = {"email": self.email, "password": self.password, **more}
        answer = requests.post(BASE + path, json=body, headers={"Origin": BASE}, cookies=self.jar, timeout=60)
        if answer.status_code != 201:
            raise RuntimeError(f"nobody can be signed in: {path} answered {answer.status_code} {answer.text}")
        self.jar = {cookie.name: cookie.value for cookie in answer.cookies}
        PEOPLE.by_token[self.jar[COOKIE]] = self

    def session(self):
        if COOKIE not in self.jar:
            self.sign("/api/session", {})
        return self.jar[COOKIE]

    def token(self, page):
        """That of the newest link to a page which has come by mail and was not followed yet; none if there is none."""
        mails = requests.get(f"{BASE}/_mail.json", params={"to": self.email}, timeout=60).json()
        found = (re.search(rf"/{page}/#(\S+)", mail["body"]) for mail in mails if mail["to"] == self.email)
        return next((link[1] for link in found if link and link[1] not in self.followed), None)

    def reset_token(self):
        """Asks for a new password, and waits for the mail; none if it has not come in time.

        Each is asked for anew: a link that was used, or whose account has another password since, is worth nothing.
        """
        requests.post(f"{BASE}/api/password-reset", json={"email": self.email}, headers={"Origin": BASE}, timeout=60)
        end = time.monotonic() + MAIL_SECONDS
        while (token := self.token("reset-password")) is None and time.monotonic() < end:
            time.sleep(0.5)
        self.followed.add(token)
        return token

    def forget(self):
        self.jar.pop(COOKIE, None)


class People:
    """The seller, the buyers and, a thread each, somebody whose sessions come and go."""

    def __init__(self):
        self.lock = threading.RLock()
        self.of_thread = threading.local()
        self.seller = None
        self.buyer = None
        self.orders = {}
        self.by_token = {}
        self.tickets = []
        self.gone = set()

    def own(self):
        if not hasattr(self.of_thread, "person"):
            self.of_thread.person = Person()
        return self.of_thread.person

    def forget_own(self):
        if hasattr(self.of_thread, "person"):
            del self.of_thread.person

    def of(self, operation, case):
        if operation in OF_SESSIONS:
            return self.own()
        with self.lock:
            if operation in OF_BUYERS:
                self.buyer = self.buyer or Person()
                return self.orders.get((case.path_parameters or {}).get("order_id"), self.buyer)
            self.seller = self.seller or Person()
            return self.seller

    def next_buyer(self, full):
        """Whoever holds as many tickets as one may makes room for the next."""
        with self.lock:
            if self.buyer is full:
                self.buyer = None


PEOPLE = People()


@schemathesis.auth(refresh_interval=None)
class Session:
    def get(self, case, context):
        return PEOPLE.of(operation_of(case), case).session()

    def set(self, case, data, context):
        case.cookies = {**(case.cookies or {}), COOKIE: data}


# ---------------------------------------------------------------- what is sent


@schemathesis.hook
def before_call(context, case, kwargs):
    """Whoever is signed in is so now; valid requests get what makes them valid: a password, a signature, a key of their own."""
    operation = operation_of(case)
    if sender(case) is not None:
        # A case is made long before it is sent: its session may have ended since, or its order have found its buyer.
        case.cookies = {**case.cookies, COOKIE: PEOPLE.of(operation, case).session()}
    if not is_valid(case):
        return
    if operation in OF_TICKETS or operation in OF_BUYERS:
        lead_to_what_is_there(operation, case)
    if operation in ("place_order", "create_ticket") and "Idempotency-Key" in (case.headers or {}):
        # The same key with the same body is the same request; another body needs another key.
        case.headers["Idempotency-Key"] = digest([case.headers["Idempotency-Key"], case.body])
    elif operation == "sign_in" and isinstance(case.body, dict):
        if is_even(case.body):
            case.body = {"email": PEOPLE.own().email, "password": PEOPLE.own().password}
    elif operation == "change_password" and isinstance(case.body, dict):
        case.body = {**case.body, "current_password": PEOPLE.own().password}
    elif operation == "delete_account" and isinstance(case.body, dict):
        case.body = {**case.body, "password": PEOPLE.own().password}
    elif operation in ("verify_email", "reset_password") and isinstance(case.body, dict) and is_even(case.body):
        follow_the_link(operation, case)
    elif operation == "stripe_webhook" and isinstance(case.body, dict):
        body, now = json.dumps(case.body).encode(), int(time.time())
        key, signed = WEBHOOK_SECRET.encode(), b"%d." % now + body
        signature = hmac.new(key, signed, hashlib.sha256).hexdigest()
        kwargs["data"] = body
        case.headers["Stripe-Signature"] = f"t={now},v1={signature}"


def follow_the_link(operation, case):
    """Somebody reads their mails; if none has come, the token stays made up."""
    person = PEOPLE.own()
    token = person.token("verify-email") if operation == "verify_email" else person.reset_token()
    if token is not None:
        case.body = {**case.body, "token": token}
    elif operation == "reset_password":
        # One address is sent so many mails and no more.
        PEOPLE.forget_own()


def is_even(value):
    return int(digest(value), 16) % 2 == 0


def lead_to_what_is_there(operation, case):
    """Every other made-up id becomes one of something that is there: of a random one nothing but 404 is learnt."""
    with PEOPLE.lock:
        gone, orders = set(PEOPLE.gone), list(PEOPLE.orders)
        tickets = [ticket for ticket in PEOPLE.tickets if ticket not in gone]
    path = dict(case.path_parameters or {})
    for name, known in (("ticket_id", tickets), ("order_id", orders)):
        if known and name in path and path[name] not in {*known, *gone} and is_even(path[name]):
            known = known[-20:]
            path[name] = known[int(digest(path[name]), 16) % len(known)]
            case.path_parameters = path
            if name == "order_id" and sender(case) is not None:
                case.cookies = {**case.cookies, COOKIE: PEOPLE.of(operation, case).session()}
    if operation == "place_order" and isinstance(case.body, dict) and tickets and case.body["ticket_id"] not in tickets:
        if is_even(case.body):
            tickets = tickets[-20:]
            case.body = {"ticket_id": tickets[int(digest(case.body), 16) % len(tickets)]}


# ---------------------------------------------------------------- what came of it


class Cases:
    """How many there were: by phase, operation and status."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counted = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))

    def count(self, case, status):
        phase = str(case.meta.phase.name.value) if case.meta is not None else "other"
        with self.lock:
            self.counted[phase][operation_of(case)][status] += 1

    def write(self):
        with self.lock, open(COUNTS, "w", encoding="utf-8") as file:
            json.dump({"cases": self.counted}, file)


CASES = Cases()
atexit.register(CASES.write)


@schemathesis.hook
def after_call(context, case, response):
    operation, status = operation_of(case), response.status_code
    CASES.count(case, status)
    if operation == "reset_password" and status == 201:
        own = PEOPLE.own()
        own.password = case.body["new_password"]
        own.forget()
    person = sender(case)
    if person is None:
        return
    if operation == "create_ticket" and status == 201:
        with PEOPLE.lock:
            PEOPLE.tickets.append(response.json()["id"])
    elif operation == "delete_ticket" and status == 204:
        with PEOPLE.lock:
            PEOPLE.gone.add(case.path_parameters["ticket_id"])
    elif operation == "place_order":
        if status == 201:
            with PEOPLE.lock:
                PEOPLE.orders[response.json()["id"]] = person
        elif status == 429:
            PEOPLE.next_buyer(person)
    elif operation == "start_payment" and status == 201:
        pay(response.json())
    elif operation == "change_password":
        if status == 204:
            person.password = case.body["new_password"]
        elif status == 429:
            PEOPLE.forget_own()
    elif (operation == "delete_account" and status in (202, 429)) or (operation == "request_verification" and status == 429):
        PEOPLE.forget_own()
    if operation in OF_SESSIONS and (status == 401 or (operation in ENDING and status < 300)):
        person.forget()


def pay(started):
    """A buyer's browser confirms one payment in two, with a card that pays."""
    intent = started["client_secret"].split("_secret")[0]
    if is_even(intent):
        requests.post(
            f"{STRIPE}/v1/payment_intents/{intent}/confirm",
            data={"client_secret": started["client_secret"], "payment_method": "pm_card_visa"},
            headers={"Authorization": f"Bearer {started['publishable_key']}"},
            timeout=60,
        )


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops the refusal of valid data that is one of the rules above, and of nothing else."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 422):
        return True
    problem = response.json()
    if problem["type"] not in ("bad-query", "invalid-fields"):
        return True
    errors = [(error["field"], error["message"]) for error in problem["errors"]]
    return not all(any(field == known and said in message for known, said in UNFORESEEABLE) for field, message in errors)


@schemathesis.check
def no_route_is_said_so(ctx, response, case):
    """An HTTP API answers a method that has no route like an address that has none."""
    if coverage_scenario(case) != CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        return
    assert response.status_code == 404, f"a method without a route was answered {response.status_code}"
    if case.method != "HEAD":
        assert response.json() == {"message": "Not Found"}, response.text
