"""Timelines from logs that page, fail and hold other people's lines. Run it in this folder: python -m unittest timeline_test"""

import json
import unittest
from unittest import mock

from botocore.exceptions import ClientError

import timeline

ORDER = "a6289436-8e3b-53a1-a03e-a23f1a21a4c7"
OTHER = "a6289436-8e3b-53a1-a03e-a23f1a21a4c8"
TRACE = "5759e988bd862e3fe1be46a994272793"
NOW = 1_795_334_400_000


def line(second, message, **fields):
    text = json.dumps({"timestamp": f"2026-11-22T08:00:{second:02}.000000Z", "message": message, **fields})
    return {"timestamp": NOW + second * 1000, "message": text}


class Logs:
    """As much of CloudWatch Logs as a timeline asks for: an empty page first, then one event a page."""

    def __init__(self, groups):
        self.groups = groups
        self.calls = 0

    def filter_log_events(self, logGroupName, filterPattern, startTime, endTime, nextToken="0"):
        self.calls += 1
        if logGroupName not in self.groups:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "FilterLogEvents")
        text = filterPattern.strip('"')
        events = [event for event in self.groups[logGroupName] if text in event["message"]]
        events = [event for event in events if startTime <= event["timestamp"] <= endTime]
        page = int(nextToken)
        shown = events[page - 1 : page] if page else []
        return {"events": shown, **({"nextToken": str(page + 1)} if page < len(events) else {})}


class CloudFormation:
    def __init__(self, groups):
        self.groups = groups

    def get_paginator(self, _):
        return self

    def paginate(self, StackName):
        group = "AWS::Logs::LogGroup"
        named = [{"ResourceType": group, "LogicalResourceId": f"{name}Logs", "PhysicalResourceId": name} for name in self.groups]
        return [{"StackResourceSummaries": named}, {"StackResourceSummaries": [{"ResourceType": "AWS::SQS::Queue"}]}]


def told(groups, missing=(), order=ORDER):
    logs = Logs(groups)
    clients = {"logs": logs, "cloudformation": CloudFormation([*groups, *missing])}
    with (
        mock.patch.object(timeline.boto3, "client", lambda name, **_: clients[name]),
        mock.patch.object(timeline.time, "time", lambda: NOW / 1000 + 3600),
    ):
        return timeline.timeline("holdfast", order, 86_400), logs


def shown(answer):
    return [(one["function"], one["message"]) for one in answer["lines"]]


class Timeline(unittest.TestCase):
    def test_lines_of_the_order_and_of_its_traces_by_time(self):
        answer, _ = told(
            {
                "Relay": [line(2, "published", order_id=ORDER, trace_id=TRACE), line(3, "handled", trace_id="f" * 32)],
                "PlaceOrder": [line(1, "answered", order_id=ORDER, trace_id=TRACE), line(0, "slow", trace_id=TRACE)],
            }
        )
        self.assertEqual(shown(answer), [("PlaceOrder", "slow"), ("PlaceOrder", "answered"), ("Relay", "published")])
        self.assertFalse(answer["cut"])

    def test_lines_of_other_orders_in_the_same_run_are_left_out(self):
        runs = [line(1, "mine", order_id=ORDER, trace_id=TRACE), line(2, "theirs", order_id=OTHER, trace_id=TRACE)]
        quoting = line(3, f"looked at {ORDER}", order_id=OTHER)
        answer, _ = told({"Sweep": [*runs, quoting, line(4, "swept", trace_id=TRACE)]})
        self.assertEqual(shown(answer), [("Sweep", "mine"), ("Sweep", "swept")])

    def test_what_is_no_line_of_ours_is_passed_over(self):
        metric = {"timestamp": NOW, "message": json.dumps({"_aws": {}, "message": ORDER, "order_id": ORDER})}
        noise = [metric, {"timestamp": NOW, "message": f"REPORT {ORDER}"}, {"timestamp": NOW, "message": f'["{ORDER}"]'}]
        answer, _ = told({"PlaceOrder": noise}, missing=["NeverRan"])
        self.assertEqual(answer, {"lines": [], "cut": False})

    def test_paging_is_bounded_and_says_so(self):
        many = [line(number % 60, f"{number}", order_id=ORDER) for number in range(timeline.PAGES_PER_GROUP + 5)]
        answer, logs = told({"PlaceOrder": many})
        self.assertTrue(answer["cut"])
        self.assertEqual(logs.calls, timeline.PAGES_PER_GROUP)

    def test_what_is_no_id_is_never_looked_for(self):
        with self.assertRaisesRegex(SystemExit, "no order's id"):
            told({}, order='" OR ""')


if __name__ == "__main__":
    unittest.main()
