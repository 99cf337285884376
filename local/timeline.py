"""One order's timeline, from the logs of all functions of a stack.

FilterLogEvents over the stack's log groups, and not a query of Logs Insights: the same calls work on a laptop's emulator,
cost nothing and are not refused while thirty queries of others run. A query would be quicker over days of a busy stage;
a shorter time does the same here. Everything is bounded, and whoever reads is told when a bound was reached.
"""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

AT_ONCE = 8
# What one call looks through without finding anything still counts as a page.
PAGES_PER_GROUP = 40
LINES = 2_000
TRACES = 20
# Lines of a trace are looked for so long before and after those that name the order.
AROUND_MILLIS = 120_000
ORDER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TRACE = re.compile(r"[0-9a-f]{32}")


def log_groups(cloudformation, stack):
    """The stack's log groups by their functions' logical ids."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    groups = [resource for resource in resources if resource["ResourceType"] == "AWS::Logs::LogGroup"]
    return {group["PhysicalResourceId"]: group["LogicalResourceId"].removesuffix("Logs") for group in groups}


def found_in(logs, group, text, begin, end):
    """The messages of a group that have a text, with their times; and whether there may be more."""
    found, asked = [], {"logGroupName": group, "filterPattern": f'"{text}"', "startTime": begin, "endTime": end}
    for _ in range(PAGES_PER_GROUP):
        try:
            answer = logs.filter_log_events(**asked)
        except ClientError as error:
            # A group that nothing was ever written to may be missing.
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return found, False
            raise
        found += answer["events"]
        if len(found) > LINES:
            return found[:LINES], True
        if not answer.get("nextToken"):
            return found, False
        asked["nextToken"] = answer["nextToken"]
    return found, True


def line_of(function, event):
    """A line of ours, or nothing: the platform writes to the same groups, and metrics are no news of an order."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(line, dict) or "message" not in line or "_aws" in line:
        return None
    seconds, millis = divmod(event["timestamp"], 1000)
    written = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{millis:03}Z"
    return {**line, "timestamp": line.get("timestamp") or written, "function": function, "millis": event["timestamp"]}


def looked_up(logs, groups, texts, begin, end):
    """The lines of all groups that have one of the texts, and whether there may be more."""
    def look(task):
        group, text = task
        events, cut = found_in(logs, group, text, begin, end)
        return [line for event in events if (line := line_of(groups[group], event))], cut

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(look, [(group, text) for group in groups for text in texts]))
    lines = [line for lines, _ in answers for line in lines]
    return lines, any(cut for _, cut in answers)


def is_of(order, line):
    """Whether a line belongs to an order's timeline: a run that looks at many orders belongs to none of the others."""
    return line.get("order_id") in (None, order)


def timeline(stack, order, since_seconds):
    """The lines with an order's id, and those of the traces that they name, by time."""
    if not ORDER.fullmatch(order):
        raise SystemExit(f"{order} is no order's id")
    end = int(time.time() * 1000) + 60_000
    patient = Config(max_pool_connections=AT_ONCE, retries={"mode": "adaptive", "max_attempts": 8})
    logs = boto3.client("logs", config=patient)
    groups = log_groups(boto3.client("cloudformation"), stack)
    own, cut = looked_up(logs, groups, [order], end - since_seconds * 1000, end)
    own = [line for line in own if line.get("order_id") == order]
    lines = own
    traces = sorted({line["trace_id"] for line in own if TRACE.fullmatch(str(line.get("trace_id")))})
    if traces:
        begin = min(line["millis"] for line in own) - AROUND_MILLIS
        until = max(line["millis"] for line in own) + AROUND_MILLIS
        others, more = looked_up(logs, groups, traces[:TRACES], begin, until)
        lines = own + [line for line in others if line.get("trace_id") in traces and is_of(order, line)]
        cut = cut or more or len(traces) > TRACES
    distinct = {json.dumps(line, sort_keys=True): line for line in lines}
    ordered = sorted(distinct.values(), key=lambda line: line["timestamp"])
    return {"lines": ordered[:LINES], "cut": cut or len(ordered) > LINES}
