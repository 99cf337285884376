"""Takes one right from a role in the emulator, and gives it back.

    rights.py take STACK FUNCTION ROLE POLICY STATEMENT Action|Resource INDEX    prints the policy as it was
    rights.py give STACK FUNCTION ROLE POLICY                                    reads it from the standard input

ROLE is a physical name, FUNCTION a logical id. What a running process of the function remembers does not help it: the
next invocation starts another one.
"""

import json
import sys

import boto3
from stack import STOPGAPS, as_list, let_batches_be_sent, let_mails_be_sent, let_parameters_be_read, physical_ids, processed_template


def without(document, statement, key, index):
    """A policy without one action or one resource of a statement, and without the statement if nothing is left of it."""
    statements = []
    for number, one in enumerate(as_list(document["Statement"])):
        if number == statement:
            rest = [item for place, item in enumerate(as_list(one[key])) if place != index]
            if not rest:
                continue
            one = {**one, key: rest}
        statements.append(one)
    return {**document, "Statement": statements}


def put(stack, function, role, policy, document):
    """Put a policy into force, with the stopgaps that belong to it and for a process that begins."""
    iam = boto3.client("iam")
    if document["Statement"]:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        if name in STOPGAPS:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
    cloudformation = boto3.client("cloudformation")
    ids = physical_ids(cloudformation, stack)
    [logical] = [name for name, physical in ids.items() if physical == role]
    role_alone = {"Resources": {logical: {"Type": "AWS::IAM::Role"}}}
    let_batches_be_sent(role_alone, ids)
    let_mails_be_sent(role_alone, ids)
    whole = processed_template(cloudformation, stack)["Resources"][logical]
    if any("ssm:GetParameters" in as_list(one["Action"]) for one in document["Statement"]):
        let_parameters_be_read({"Resources": {logical: whole}}, ids)
    begin_again(ids[function])


def begin_again(name):
    """Let the next invocation start a process of its own."""
    functions = boto3.client("lambda")
    variables = functions.get_function_configuration(FunctionName=name).get("Environment", {}).get("Variables", {})
    if variables.pop("RIGHTS_CHANGED", None) is None:
        variables["RIGHTS_CHANGED"] = "once"
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def main(arguments):
    match arguments:
        case ["take", stack, function, role, policy, statement, key, index]:
            document = boto3.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            put(stack, function, role, policy, without(document, int(statement), key, int(index)))
            print(json.dumps(document))
        case ["give", stack, function, role, policy]:
            put(stack, function, role, policy, json.load(sys.stdin))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
