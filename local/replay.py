"""Failure queues of a stack, back to what they failed to reach.

What a queue is follows from the stack itself: a queue that a stream's mapping names holds positions, whose records are read
from the stream; a queue that another one redrives to holds its dead letters, and `<Function>DeliveryQueue` and
`<Function>FailureQueue` belong to a function.
A message is deleted only after its target took it. Consumers are idempotent, so that one that is taken twice is harmless.
"""

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime

import boto3
from botocore.exceptions import ClientError

import positions

BATCH = 10
# Long enough to hand one batch on, short enough that a run that dies hides nothing for long.
HIDDEN_SECONDS = 60
# Ids that may be shown; everything else of a message stays unseen.
IDS = ("id", "order", "ticket", "user", "event_id", "order_id", "ticket_id")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Unreplayable(Exception):
    """A message that has no way back; its text says why and holds nothing of the message."""


@dataclass(frozen=True)
class Queue:
    """A queue of failures: its kind, its address, and the physical name of its target, or what reads its stream."""

    name: str
    kind: str
    url: str
    target: str | positions.Source


def resources(stack):
    """The stack's resources by logical id: type and physical id."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        found["LogicalResourceId"]: (found["ResourceType"], found["PhysicalResourceId"])
        for page in pages
        for found in page["StackResourceSummaries"]
    }


def failure_queues(stack):
    """The stack's failure queues. One that nothing explains is an error."""
    found = resources(stack)
    functions = {name: physical for name, (kind, physical) in found.items() if kind == "AWS::Lambda::Function"}
    buses = [physical for kind, physical in found.values() if kind == "AWS::Events::EventBus"]
    urls = {name: physical for name, (kind, physical) in found.items() if kind == "AWS::SQS::Queue"}
    sqs = boto3.client("sqs")
    attributes = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for name, url in urls.items()
    }
    redriven = {
        json.loads(known["RedrivePolicy"])["deadLetterTargetArn"]: urls[name]
        for name, known in attributes.items()
        if known.get("RedrivePolicy")
    }
    mappings = [
        mapping
        for page in boto3.client("lambda").get_paginator("list_event_source_mappings").paginate()
        for mapping in page["EventSourceMappings"]
    ]
    streams = {
        ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination"): mapping
        for mapping in mappings
    }
    sources = {mapping.get("EventSourceArn") for mapping in mappings}
    queues = []
    for name, url in sorted(urls.items()):
        arn = attributes[name]["QueueArn"]
        delivery, failure = name.removesuffix("DeliveryQueue"), name.removesuffix("FailureQueue")
        if arn in streams:
            queues.append(Queue(name, "positions", url, positions.source_of(streams[arn])))
        elif arn in redriven:
            queues.append(Queue(name, "dead letters", url, redriven[arn]))
        elif delivery != name and delivery in functions:
            queues.append(Queue(name, "delivery", url, functions[delivery]))
        elif failure != name and failure in functions:
            queues.append(Queue(name, "invocation", url, functions[failure]))
        elif name == "RelayFailureQueue" and len(buses) == 1:
            queues.append(Queue(name, "events", url, buses[0]))
        elif arn not in sources and not attributes[name].get("RedrivePolicy"):
            raise SystemExit(f"{name} is a queue that replay does not know: nothing was replayed")
    return queues


def chosen(queues, names):
    """The named queues, or all of them."""
    known = {queue.name: queue for queue in queues}
    for name in names:
        if name not in known:
            raise SystemExit(f"{name} is no failure queue of this stack; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else queues


def payload_of(queue, body):
    """What the target gets of a message."""
    kind = queue.kind
    try:
        message = json.loads(body)
    except ValueError:
        raise Unreplayable("it is no JSON") from None
    if kind == "positions":
        return positions.read(boto3.client("dynamodbstreams"), message, queue.target)
    if kind == "invocation":
        if not isinstance(message, dict) or "requestPayload" not in message:
            raise Unreplayable("it has no requestPayload")
        return message["requestPayload"]
    if kind == "events":
        if not isinstance(message, dict) or message.get("kind") != "event":
            raise Unreplayable("it is a record of the stream that could not be read: mend the relay, the item is unharmed")
        return message["event"]
    return message


def hand_on(queue, payload):
    """Give a payload to the queue's target, or raise."""
    if queue.kind == "positions":
        positions.hand_on(boto3.client("lambda"), queue.target, payload.records)
    elif queue.kind == "dead letters":
        boto3.client("sqs").send_message(QueueUrl=queue.target, MessageBody=json.dumps(payload))
    elif queue.kind == "events":
        entry = bus_entry(queue.target, payload)
        [answer] = boto3.client("events").put_events(Entries=[entry])["Entries"]
        if answer.get("ErrorCode"):
            raise Unreplayable(f"the bus refused it: {answer['ErrorCode']}")
    else:
        boto3.client("lambda").invoke(
            FunctionName=queue.target, InvocationType="Event", Payload=json.dumps(payload).encode()
        )


def bus_entry(bus, event):
    """An event as the relay puts it on the bus."""
    return {
        "EventBusName": bus,
        "Source": "holdfast",
        "DetailType": event["name"],
        "Time": datetime.fromisoformat(event["time"].replace("Z", "+00:00")),
        "Detail": json.dumps(event),
    }


def shown(payload):
    """What is said of a payload: its ids, or how many records it has."""
    if isinstance(payload, positions.Found):
        return {"records": len(payload.records)}
    return {"ids": ids_of(payload)}


def ids_of(payload):
    """The ids of an event, or of a schedule's input, and nothing else of it."""
    found = payload.get("detail", payload) if isinstance(payload, dict) else {}
    if not isinstance(found, dict):
        return {}
    ids = {name: found.get(name) for name in IDS}
    aggregate = found.get("aggregate")
    if isinstance(aggregate, dict) and aggregate.get("kind") in ("order", "ticket"):
        ids[aggregate["kind"]] = aggregate.get("id")
    return {name: id for name, id in ids.items() if isinstance(id, str) and ID.fullmatch(id)}


def messages(sqs, url, until, limit, passed):
    """Messages that were there at a moment, each once, at most so many. All that are received are in `passed`, too."""
    seen = set()
    while len(seen) < limit:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(BATCH, limit - len(seen)),
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            AttributeNames=["SentTimestamp"],
        )
        fresh = [message for message in answer.get("Messages", []) if message["MessageId"] not in seen]
        if not fresh:
            return
        passed.extend(fresh)
        for message in fresh:
            seen.add(message["MessageId"])
            if int(message["Attributes"]["SentTimestamp"]) <= until:
                yield message


def let_go(sqs, url, message):
    """Let others see a message at once."""
    try:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    except ClientError:
        # It is visible again by itself before long, or somebody else has dealt with it.
        return


def replay_one(sqs, queue, message, dry_run):
    """One message: what was done with it, for the report."""
    told = {"id": message["MessageId"], "sent_at": int(message["Attributes"]["SentTimestamp"]) // 1000}
    try:
        payload = payload_of(queue, message["Body"])
        told |= shown(payload)
        if not dry_run:
            hand_on(queue, payload)
    except (Unreplayable, positions.Unreadable) as reason:
        return told | {"left": str(reason)}
    except ClientError as error:
        return told | {"left": f"its target did not take it: {error.response['Error']['Code']}"}
    # A message whose records are lost is the only trace of them: whoever has repaired what they stood for removes it.
    lost = payload.lost if isinstance(payload, positions.Found) else None
    if lost or dry_run:
        return told | {"left": lost or "a dry run"}
    sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
    return told


def replay(stack, names, dry_run, limit):
    """Replay what the queues hold now. What this run causes stays for the next one."""
    sqs = boto3.client("sqs")
    until = int(time.time() * 1000)
    report = []
    for queue in chosen(failure_queues(stack), names):
        told, passed = [], []
        try:
            for message in messages(sqs, queue.url, until, limit, passed):
                told.append(replay_one(sqs, queue, message, dry_run))
        finally:
            # Only now: a message let go earlier would be received again by this very run. One that was deleted is gone.
            for message in passed:
                let_go(sqs, queue.url, message)
        limited = len(passed) >= limit
        report.append({"name": queue.name, "kind": queue.kind, "messages": told, "limited": limited})
    return {"at": until // 1000, "queues": report}
