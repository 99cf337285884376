"""Prints what the functions of a stack have logged since a moment, a JSON object a line: logs.py STACK MILLISECONDS"""

import json
import sys

import boto3

stack, begin = sys.argv[1], int(sys.argv[2])
resources = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
logs = boto3.client("logs")
for page in resources:
    for resource in page["StackResourceSummaries"]:
        if resource["ResourceType"] != "AWS::Logs::LogGroup":
            continue
        group = {"logGroupName": resource["PhysicalResourceId"], "startTime": begin}
        try:
            found = [event for page in logs.get_paginator("filter_log_events").paginate(**group) for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            continue
        for event in found:
            print(json.dumps({"function": resource["LogicalResourceId"].removesuffix("Logs"), "text": event["message"]}))
