"""Records of a table's stream by their positions, which is all that a mapping's on-failure destination is told of them.

A stream keeps its records for a day. They are handed to the mapping's function as the mapping would have handed them:
filtered, in their order, some at a time. The function is waited for: it alone says whether they are dealt with.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError, ParamValidationError

# A read may find nothing although there is more behind it.
READS = 200
# What an invocation that is waited for takes is 6 MB.
MOST_BYTES = 4_000_000
TIME = re.compile(r"[0-9T:.Z+-]{10,40}")
FORGOTTEN = "TrimmedDataAccessException"


class Unreadable(Exception):
    """Positions that lead nowhere; its text says why and holds nothing of the message."""


@dataclass(frozen=True)
class Source:
    """What reads a stream: its function, which of the records are for it, and how many it takes at once."""

    function: str
    patterns: tuple
    batch: int


@dataclass(frozen=True)
class Found:
    """Records that a stream still has, and what it has forgotten, in words, if it has."""

    records: list
    lost: str | None


def source_of(mapping):
    """What a mapping says of its function."""
    filters = (mapping.get("FilterCriteria") or {}).get("Filters") or []
    patterns = tuple(json.loads(one["Pattern"]) for one in filters)
    return Source(mapping["FunctionArn"], patterns, int(mapping.get("BatchSize") or 100))


def read(streams, message, source):
    """The records that a message of the on-failure destination stands for."""
    try:
        info = message["DDBStreamBatchInfo"]
        where = {"StreamArn": info["streamArn"], "ShardId": info["shardId"]}
        first, last = info["startSequenceNumber"], info["endSequenceNumber"]
        if int(first) > int(last):
            raise Unreadable("it ends before it begins")
    except (KeyError, TypeError, ValueError):
        raise Unreadable("it names no positions in a stream") from None
    try:
        records, forgotten = between(streams, where, first, last, trimmed=False)
    except ParamValidationError:
        raise Unreadable("its positions are none that a stream could have") from None
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        # A shard goes with the last of its records.
        records, forgotten = [], True
    lost = told_as_lost(info, bool(records)) if forgotten else None
    return Found([delivered(one, where["StreamArn"]) for one in records if is_for(source.patterns, one)], lost)


def between(streams, where, first, last, trimmed):
    """Records from one number to another, both included, and whether the stream has forgotten the first of them."""
    start = {"ShardIteratorType": "TRIM_HORIZON"} if trimmed else {
        "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": first}
    found = []
    try:
        iterator = streams.get_shard_iterator(**where, **start)["ShardIterator"]
        for _ in range(READS):
            answer = streams.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                number = int(record["dynamodb"]["SequenceNumber"])
                if int(first) <= number <= int(last):
                    found.append(record)
                if number >= int(last):
                    return found, trimmed
            iterator = answer.get("NextShardIterator")
            if not iterator:
                break
    except ClientError as error:
        # The horizon moves on while this reads, too.
        if code_of(error) != FORGOTTEN or trimmed:
            raise
        return between(streams, where, first, last, trimmed=True)
    if trimmed:
        return found, True
    raise Unreadable("the stream does not come to the last of them")


def code_of(error):
    return error.response["Error"]["Code"]


def told_as_lost(info, some):
    """What the stream has forgotten, by the times between which it was written."""
    times = [info.get(name) for name in ("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord")]
    known = all(isinstance(time, str) and TIME.fullmatch(time) for time in times)
    between_times = f", written from {times[0]} to {times[1]}" if known else ""
    what = "its last records were handed on, and the first are lost" if some else "its records are lost"
    return f"{what} from the stream, which keeps a day{between_times}: docs/recovery.md says what repairs itself"


def is_for(patterns, record):
    """Whether one of a mapping's filters lets a record through; without filters all are."""
    return not patterns or any(matches(pattern, record) for pattern in patterns)


def matches(pattern, value):
    """Whether a value is what a filter asks for, as far as filters of a template of ours ask."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(name in value and matches(one, value[name]) for name, one in pattern.items())
    for rule in pattern:
        if isinstance(rule, dict):
            if set(rule) != {"prefix"}:
                raise Unreadable(f"the mapping has a filter that replay does not know: {', '.join(sorted(rule))}")
            if isinstance(value, str) and value.startswith(rule["prefix"]):
                return True
        elif rule == value:
            return True
    return False


def delivered(record, stream):
    """A record as a mapping hands it on."""
    return {**record, "eventSourceARN": stream}


def as_json(value):
    """What JSON has no words for: moments are seconds there, and bytes are base64."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is in no record")


def batches(records, most):
    """Payloads of at most so many records, and of no more bytes than an invocation takes."""
    batch, size = [], 0
    for record in (json.dumps(one, default=as_json) for one in records):
        if batch and (len(batch) == most or size + len(record) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield batch


def hand_on(functions, source, records):
    """Give records to the function. One that fails has dealt with none of its batch, and those behind it wait."""
    for batch in batches(records, source.batch):
        payload = f'{{"Records": [{", ".join(batch)}]}}'.encode()
        answer = functions.invoke(FunctionName=source.function, InvocationType="RequestResponse", Payload=payload)
        if answer.get("FunctionError"):
            raise Unreadable("its function failed for them again")
