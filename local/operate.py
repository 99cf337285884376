"""What an operator does to a deployed stack. Input is JSON on standard input, so that no secret is on a command line.

The region, the credentials and, for the emulator, the endpoint come from the environment that every AWS SDK reads.

    operate.py secrets STAGE    write Stripe's keys as SecureStrings under /holdfast/STAGE/stripe
    operate.py refund STACK     have RefundOrder refund {"order": ID} or {"payment": ID}, and print its report
    operate.py timeline STACK   print the log lines of an order: {"order": ID, "since_seconds": N}
    operate.py outputs STACK    print the stack's outputs as JSON
    operate.py site STACK       print {"origin": ADDRESS}: where shoppers see the site
    operate.py publish STACK    put the built site {"folder": PATH} into the stack's bucket, and print what was done
    operate.py replay STACK     hand on what failure queues hold, as {"queues": [...], "dry_run": BOOL, "limit": N} says
"""

import json
import re
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from publish import publish, site, stack_outputs
from replay import replay
from timeline import timeline

# The webhook's secrets first: a payment that can be made is then always told.
SECRETS = ("webhook_secret_previous", "webhook_secret", "publishable_key", "secret_key")
STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")


def put_secrets(stage, keys):
    """Write what is given; a previous webhook secret that is not given is removed."""
    if not STAGE.fullmatch(stage):
        raise SystemExit(f"{stage} is no name of a stage")
    ssm = boto3.client("ssm")
    prefix = f"/holdfast/{stage}/stripe"
    for name in SECRETS:
        value = keys.get(name)
        if value is not None:
            ssm.put_parameter(Name=f"{prefix}/{name}", Value=value, Type="SecureString", Overwrite=True)
        elif name == "webhook_secret_previous":
            ssm.delete_parameters(Names=[f"{prefix}/{name}"])
        else:
            raise SystemExit(f"{name} is missing")
    print(f"Payment keys written under {prefix}")


def refund(stack, request):
    """Invoke the stack's RefundOrder and print its report."""
    cloudformation = boto3.client("cloudformation")
    resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="RefundOrder")
    function = resource["StackResourceDetail"]["PhysicalResourceId"]
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(request).encode())
    report = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        told = report.get("errorMessage") if isinstance(report, dict) else None
        raise SystemExit(told or f"the function failed: {report}")
    print(json.dumps(report))


def main(arguments):
    try:
        match arguments:
            case ["secrets", stage]:
                put_secrets(stage, json.load(sys.stdin))
            case ["refund", stack]:
                refund(stack, json.load(sys.stdin))
            case ["timeline", stack]:
                asked = json.load(sys.stdin)
                print(json.dumps(timeline(stack, asked["order"], asked["since_seconds"])))
            case ["outputs", stack]:
                print(json.dumps(stack_outputs(stack)))
            case ["site", stack]:
                print(json.dumps(site(stack)))
            case ["publish", stack]:
                print(json.dumps(publish(stack, Path(json.load(sys.stdin)["folder"]))))
            case ["replay", stack]:
                asked = json.load(sys.stdin)
                print(json.dumps(replay(stack, asked["queues"], asked["dry_run"], asked["limit"])))
            case _:
                raise SystemExit(__doc__)
    except ClientError as error:
        # Its message names the action and the resource, never a value.
        raise SystemExit(str(error)) from None
    except BotoCoreError as error:
        raise SystemExit(f"AWS cannot be asked: {error}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
