"""Replay against queues and targets that refuse at will. Run it in this folder: python -m unittest replay_test"""

import json
import time
import unittest
from datetime import UTC, datetime
from unittest import mock

from botocore.exceptions import ClientError, ParamValidationError

import replay

EVENT = {
    "id": "6aabc717-787f-5c53-8117-f95e5f6c69b0",
    "aggregate": {"kind": "order", "id": "a6289436-8e3b-53a1-a03e-a23f1a21a4c7"},
    "version": 2,
    "time": "2026-11-22T12:10:00Z",
    "name": "HoldExtended",
    "data": {"buyer": "018f3e5c-6d2a-7c31-9a55-1f2e3d4c5b6c"},
}


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Stack:
    """As much of CloudFormation, SQS, Lambda and EventBridge as replay uses."""

    def __init__(self, queues, redrive=None, mappings=(), stream=None):
        self.queues = {name: [] for name in queues}
        self.redrive = redrive or {}
        self.mappings = list(mappings)
        self.hidden = set()
        self.invoked = []
        self.failing = ()
        self.published = []
        self.refusal = None
        self.stream = stream

    def client(self, service):
        return self.stream if service == "dynamodbstreams" else self

    def get_paginator(self, operation):
        functions = [("Sweep", "AWS::Lambda::Function"), ("Bus", "AWS::Events::EventBus")]
        found = functions + [(name, "AWS::SQS::Queue") for name in self.queues]
        page = {
            "list_stack_resources": {
                "StackResourceSummaries": [
                    {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": name}
                    for name, kind in found
                ]
            },
            "list_event_source_mappings": {"EventSourceMappings": self.mappings},
        }[operation]
        return mock.Mock(paginate=lambda **_: [page])

    def get_queue_attributes(self, QueueUrl, AttributeNames):
        attributes = {"QueueArn": f"arn:{QueueUrl}"}
        if QueueUrl in self.redrive:
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": f"arn:{self.redrive[QueueUrl]}"})
        return {"Attributes": attributes}

    def send_message(self, QueueUrl, MessageBody, sent_at=None):
        message_id = f"{QueueUrl}-{sum(map(len, self.queues.values()))}-{time.monotonic_ns()}"
        sent = str(int(time.time() * 1000) if sent_at is None else sent_at)
        message = {"MessageId": message_id, "ReceiptHandle": message_id, "Body": MessageBody}
        self.queues[QueueUrl].append(message | {"Attributes": {"SentTimestamp": sent}})

    def receive_message(self, QueueUrl, MaxNumberOfMessages, **_):
        seen = [found for found in self.queues[QueueUrl] if found["MessageId"] not in self.hidden]
        batch = seen[:MaxNumberOfMessages]
        self.hidden.update(found["MessageId"] for found in batch)
        return {"Messages": batch} if batch else {}

    def change_message_visibility(self, QueueUrl, ReceiptHandle, VisibilityTimeout):
        self.hidden.discard(ReceiptHandle)

    def delete_message(self, QueueUrl, ReceiptHandle):
        self.queues[QueueUrl] = [each for each in self.queues[QueueUrl] if each["ReceiptHandle"] != ReceiptHandle]

    def invoke(self, FunctionName, InvocationType, Payload):
        if self.refusal:
            raise refused(self.refusal)
        self.invoked.append((FunctionName, InvocationType, json.loads(Payload)))
        if InvocationType == "RequestResponse":
            return {"FunctionError": "Unhandled"} if len(self.invoked) in self.failing else {}
        # The function fails again: what comes of that belongs to the next run.
        if "SweepFailureQueue" in self.queues:
            body = json.dumps({"requestPayload": json.loads(Payload)})
            self.send_message("SweepFailureQueue", body, int(time.time() * 1000) + 1000)

    def put_events(self, Entries):
        if self.refusal:
            return {"Entries": [{"ErrorCode": self.refusal}]}
        self.published.extend(Entries)
        return {"Entries": [{}]}


class Stream:
    """As much of a table's stream as replay reads: records from number 10 on, two a read, every other read empty."""

    def __init__(self, last, trimmed=()):
        self.numbers = [number for number in range(10, last + 1) if number not in trimmed]
        self.trimmed = set(trimmed)
        self.gone = False

    def get_shard_iterator(self, StreamArn, ShardId, ShardIteratorType, SequenceNumber=None):
        if self.gone:
            raise refused("ResourceNotFoundException")
        if ShardId == "s":
            raise ParamValidationError(report="Invalid length for parameter ShardId")
        if ShardIteratorType == "TRIM_HORIZON":
            return {"ShardIterator": "0 0"}
        if int(SequenceNumber) in self.trimmed:
            raise refused("TrimmedDataAccessException")
        return {"ShardIterator": f"{self.numbers.index(int(SequenceNumber))} 0"}

    def get_records(self, ShardIterator):
        at, read = map(int, ShardIterator.split())
        page = self.numbers[at:at + 2] if read % 2 else []
        following = at + len(page)
        rest = {"NextShardIterator": f"{following} {read + 1}"} if following < len(self.numbers) else {}
        return {"Records": [self.record(number) for number in page], **rest}

    @staticmethod
    def record(number):
        """Locks, orders, and what is not for the relay, by turns."""
        sort = ("T", "O#1", "D")[number % 3]
        return {
            "eventID": str(number),
            "eventName": "MODIFY",
            "dynamodb": {
                "ApproximateCreationDateTime": datetime.fromtimestamp(number, UTC),
                "Keys": {"pk": {"S": "T#1"}, "sk": {"S": sort}},
                "NewImage": {"secret": {"B": b"\x00"}},
                "SequenceNumber": str(number),
            },
        }


FILTER = {"dynamodb": {"Keys": {"sk": {"S": ["T", {"prefix": "O#"}]}}}}
MAPPING = {
    "FunctionArn": "relay",
    "EventSourceArn": "stream",
    "BatchSize": 3,
    "FilterCriteria": {"Filters": [{"Pattern": json.dumps(FILTER)}]},
    "DestinationConfig": {"OnFailure": {"Destination": "arn:Positions"}},
}


def given_up(first, last):
    """What a mapping says of records that it has given up."""
    return json.dumps({"DDBStreamBatchInfo": {
        "streamArn": "stream", "shardId": "shard", "startSequenceNumber": str(first), "endSequenceNumber": str(last),
        "approximateArrivalOfFirstRecord": "2026-11-22T12:10:00Z",
        "approximateArrivalOfLastRecord": "2026-11-22T12:20:00Z", "batchSize": last - first + 1}})


class Replay(unittest.TestCase):
    def run_on(self, stack, names=(), dry_run=False, limit=100):
        with mock.patch.object(replay, "boto3", stack):
            return replay.replay("holdfast", list(names), dry_run, limit)["queues"]

    def test_an_invocation_goes_to_its_function_and_what_it_causes_stays(self):
        stack = Stack(["SweepFailureQueue"])
        for number in range(12):
            stack.send_message("SweepFailureQueue", json.dumps({"requestPayload": {"number": number}}))
        [told] = self.run_on(stack)
        self.assertEqual(len(told["messages"]), 12)
        self.assertEqual([payload["number"] for _, _, payload in stack.invoked], list(range(12)))
        self.assertEqual({kind for _, kind, _ in stack.invoked}, {"Event"})
        self.assertEqual(len(stack.queues["SweepFailureQueue"]), 12)
        self.assertEqual(stack.hidden & {left["MessageId"] for left in stack.queues["SweepFailureQueue"]}, set())

    def test_a_delivery_goes_as_it_is_and_dead_letters_go_to_their_queue(self):
        work = {"EventSourceArn": "arn:Work", "FunctionArn": "f"}
        stack = Stack(["SweepDeliveryQueue", "Work", "WorkDead"], {"Work": "WorkDead"}, [work])
        stack.send_message("SweepDeliveryQueue", json.dumps({"detail": EVENT}))
        stack.send_message("WorkDead", json.dumps({"render": "all"}))
        self.run_on(stack)
        self.assertEqual(stack.invoked, [("Sweep", "Event", {"detail": EVENT})])
        self.assertEqual([json.loads(found["Body"]) for found in stack.queues["Work"]], [{"render": "all"}])
        self.assertEqual(stack.queues["WorkDead"], [])

    def test_an_event_is_published_as_the_relay_would(self):
        stack = Stack(["RelayFailureQueue"])
        stack.send_message("RelayFailureQueue", json.dumps({"kind": "event", "event": EVENT, "reason": "down"}))
        stack.refusal = "InternalFailure"
        [refusal] = self.run_on(stack)
        self.assertIn("InternalFailure", refusal["messages"][0]["left"])
        self.assertEqual(len(stack.queues["RelayFailureQueue"]), 1)
        stack.refusal = None
        [taken] = self.run_on(stack)
        self.assertEqual(taken["messages"][0]["ids"], {"id": EVENT["id"], "order": EVENT["aggregate"]["id"]})
        [entry] = stack.published
        self.assertEqual((entry["Source"], entry["DetailType"]), ("holdfast", "HoldExtended"))
        self.assertEqual(json.loads(entry["Detail"]), EVENT)
        self.assertEqual(stack.queues["RelayFailureQueue"], [])

    def test_a_dry_run_changes_nothing_and_hides_nothing(self):
        stack = Stack(["SweepDeliveryQueue"])
        stack.send_message("SweepDeliveryQueue", json.dumps({"detail": EVENT}))
        [told] = self.run_on(stack, dry_run=True)
        self.assertEqual(told["messages"][0]["left"], "a dry run")
        self.assertNotIn(EVENT["data"]["buyer"], json.dumps(told))
        self.assertEqual((stack.invoked, stack.hidden), ([], set()))
        self.assertEqual(len(stack.queues["SweepDeliveryQueue"]), 1)

    def test_what_no_target_takes_stays_and_is_said(self):
        stack = Stack(["SweepDeliveryQueue", "Positions"], mappings=[MAPPING])
        stack.refusal = "TooManyRequestsException"
        stack.send_message("SweepDeliveryQueue", "{}")
        stack.send_message("Positions", "{}")
        positions, delivery = self.run_on(stack)
        self.assertEqual(positions["messages"][0]["left"], "it names no positions in a stream")
        self.assertIn("TooManyRequestsException", delivery["messages"][0]["left"])
        self.assertEqual([len(found) for found in stack.queues.values()], [1, 1])
        self.assertEqual(stack.hidden, set())

    def positions(self, stream, first, last, dry_run=False, **failing):
        stack = Stack(["Positions"], mappings=[MAPPING], stream=stream)
        stack.failing = failing.get("failing", ())
        stack.send_message("Positions", given_up(first, last))
        [told] = self.run_on(stack, dry_run=dry_run)
        numbers = [[int(one["dynamodb"]["SequenceNumber"]) for one in payload["Records"]] for _, _, payload in stack.invoked]
        return stack, told["messages"][0], numbers

    def test_positions_are_read_from_the_stream_and_their_records_go_to_what_reads_it(self):
        stack, told, numbers = self.positions(Stream(30), 11, 18)
        self.assertEqual(numbers, [[12, 13, 15], [16, 18]], "from the first to the last, filtered, in batches")
        self.assertEqual((told["records"], "left" in told, stack.queues["Positions"]), (5, False, []))
        function, kind, payload = stack.invoked[0]
        self.assertEqual((function, kind), ("relay", "RequestResponse"))
        record = payload["Records"][0]
        self.assertEqual((record["eventSourceARN"], record["dynamodb"]["ApproximateCreationDateTime"]), ("stream", 12))
        self.assertEqual(record["dynamodb"]["NewImage"], {"secret": {"B": "AA=="}})

    def test_a_dry_run_counts_records_and_a_function_that_fails_again_leaves_the_message(self):
        stack, told, numbers = self.positions(Stream(30), 11, 18, dry_run=True)
        self.assertEqual((told["records"], told["left"], numbers), (5, "a dry run", []))
        stack, told, numbers = self.positions(Stream(30), 11, 18, failing=(1,))
        self.assertEqual((told["left"], len(numbers)), ("its function failed for them again", 1))
        self.assertEqual(len(stack.queues["Positions"]), 1)

    def test_what_the_stream_has_forgotten_is_said_and_the_message_stays(self):
        stack, told, numbers = self.positions(Stream(30, trimmed=range(10, 15)), 11, 18)
        self.assertEqual(numbers, [[15, 16, 18]])
        self.assertIn("its last records were handed on, and the first are lost", told["left"])
        self.assertIn("from 2026-11-22T12:10:00Z to 2026-11-22T12:20:00Z", told["left"])
        self.assertEqual(len(stack.queues["Positions"]), 1)
        gone = Stream(30)
        gone.gone = True
        for stream in (Stream(30, trimmed=range(10, 20)), Stream(18, trimmed=range(10, 19)), gone):
            stack, told, numbers = self.positions(stream, 11, 18, dry_run=True)
            self.assertIn("its records are lost", told["left"])
            self.assertEqual((told["records"], numbers, len(stack.queues["Positions"])), (0, [], 1))

    def test_a_stream_without_the_last_record_and_an_unknown_filter_hand_on_nothing(self):
        stack, told, numbers = self.positions(Stream(16), 11, 18)
        self.assertEqual((told["left"], numbers), ("the stream does not come to the last of them", []))
        other = {"dynamodb": {"Keys": {"sk": {"S": [{"suffix": "x"}]}}}}
        with mock.patch.dict(MAPPING, FilterCriteria={"Filters": [{"Pattern": json.dumps(other)}]}):
            stack, told, numbers = self.positions(Stream(30), 11, 18)
        self.assertEqual(told["left"], "the mapping has a filter that replay does not know: suffix")
        self.assertEqual((numbers, len(stack.queues["Positions"])), ([], 1))

    def test_a_message_that_no_stream_could_have_sent_stops_no_other(self):
        stack = Stack(["Positions"], mappings=[MAPPING], stream=Stream(30))
        info = json.loads(given_up(11, 18))["DDBStreamBatchInfo"]
        for wrong in ({"shardId": "s"}, {"startSequenceNumber": "19"}, {"endSequenceNumber": "last"}):
            stack.send_message("Positions", json.dumps({"DDBStreamBatchInfo": info | wrong}))
        stack.send_message("Positions", given_up(11, 18))
        [told] = self.run_on(stack)
        expected = ["its positions are none that a stream could have", "it ends before it begins",
                    "it names no positions in a stream", None]
        self.assertEqual([message.get("left") for message in told["messages"]], expected)
        self.assertEqual(len(stack.queues["Positions"]), 3)

    def test_a_limit_is_kept_and_said(self):
        stack = Stack(["SweepDeliveryQueue"])
        for _ in range(3):
            stack.send_message("SweepDeliveryQueue", "{}")
        [told] = self.run_on(stack, limit=2)
        self.assertTrue(told["limited"])
        self.assertEqual(len(stack.queues["SweepDeliveryQueue"]), 1)

    def test_an_unknown_queue_is_an_error(self):
        with self.assertRaisesRegex(SystemExit, "Strange"):
            self.run_on(Stack(["Strange"]))
        with self.assertRaisesRegex(SystemExit, "no failure queue"):
            self.run_on(Stack(["SweepFailureQueue"]), ["Sweep"])


if __name__ == "__main__":
    unittest.main()
