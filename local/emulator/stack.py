"""Finishes and describes a stack that `sam deploy` left in the emulator.

The endpoint, the region and the credentials come from the environment that every AWS SDK reads.

    stack.py finish STACK DESCRIPTION TEMPLATE   add routes and rights that the emulator needs, then write down the stack
    stack.py update STACK BINARIES NAME...       put new code into the functions of these logical ids
    stack.py variables STACK                     print the environment variables of each function by logical id, as JSON
    stack.py hold STACK SECONDS                  let orders hold their tickets for as long as that, paid for or not
"""

import io
import json
import re
import sys
import zipfile
from pathlib import Path

import boto3

METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method"}
# An alias is a resource of its own, and its reference an address.
FUNCTION_IN_URI = re.compile(r"functions/\$\{(\w+?)(?:\.(?:Arn|Alias))?\}/invocations")
READ_PARAMETERS = "ssm:GetParameters"
SEND_MAIL = "ses:SendEmail"
# Names of the policies that are added to roles because the emulator decides otherwise than the cloud.
STOPGAPS = ["emulator-parameters", "emulator-batches", "emulator-mails"]
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def physical_ids(cloudformation, stack, of_type=None):
    """Physical ids of a stack's resources, all or of one type, by their logical ids."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if of_type in (None, resource["ResourceType"])
    }


def processed_template(cloudformation, stack):
    """The template as the SAM transform left it."""
    body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    return body if isinstance(body, dict) else json.loads(body)


def declared_routes(body):
    """Pairs of a route key and the logical id of its function, from an API's OpenAPI body."""
    for path, operations in sorted(body.get("paths", {}).items()):
        for method, operation in sorted(operations.items()):
            if method not in METHODS:
                continue
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            text = uri["Fn::Sub"] if isinstance(uri, dict) else uri
            found = FUNCTION_IN_URI.search(text)
            if not found:
                raise SystemExit(f"the integration of {method} {path} names no function of this stack: {text}")
            verb = "ANY" if method.startswith("x-") else method.upper()
            yield ("$default" if path == "/$default" else f"{verb} {path}"), found.group(1)


def add_routes(template, ids):
    """Create the integrations and routes that the emulator does not read from the OpenAPI body."""
    gateway = boto3.client("apigatewayv2")
    functions = boto3.client("lambda")
    count = 0
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        api = ids[logical_id]
        wanted = dict(declared_routes(resource["Properties"].get("Body", {})))
        integrations = {
            item["IntegrationUri"]: item["IntegrationId"]
            for item in gateway.get_integrations(ApiId=api, MaxResults="500")["Items"]
        }
        existing = {item["RouteKey"]: item for item in gateway.get_routes(ApiId=api, MaxResults="500")["Items"]}
        for route_key, function in wanted.items():
            # Of an alias the emulator answers with the alias's own address.
            arn = functions.get_function_configuration(FunctionName=ids[function])["FunctionArn"]
            if arn not in integrations:
                integrations[arn] = gateway.create_integration(
                    ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn,
                    IntegrationMethod="POST", PayloadFormatVersion="2.0",
                )["IntegrationId"]
            target = f"integrations/{integrations[arn]}"
            route = existing.get(route_key)
            if route is None:
                gateway.create_route(ApiId=api, RouteKey=route_key, Target=target)
            elif route.get("Target") != target:
                gateway.update_route(ApiId=api, RouteId=route["RouteId"], Target=target)
            count += 1
        for route_key in existing.keys() - wanted.keys():
            gateway.delete_route(ApiId=api, RouteId=existing[route_key]["RouteId"])
    return count


def as_list(value):
    """One thing or several, as policies may write both."""
    return value if isinstance(value, list) else [value]


def reads_parameters(role):
    """Whether a role may read several parameters at once."""
    policies = role["Properties"].get("Policies", [])
    statements = [one for policy in policies for one in as_list(policy["PolicyDocument"]["Statement"])]
    # A statement under a condition has no action of its own.
    return any(READ_PARAMETERS in as_list(statement.get("Action")) for statement in statements)


def let_parameters_be_read(template, ids):
    """Allow the call on any resource: the emulator does not see which parameters are asked for, and judges it by `*`."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": READ_PARAMETERS, "Resource": "*"}],
    }
    iam = boto3.client("iam")
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role" and reads_parameters(resource):
            iam.put_role_policy(
                RoleName=ids[logical_id], PolicyName=STOPGAPS[0], PolicyDocument=json.dumps(document)
            )


def statements_in_force(iam, role):
    """All that the policies of a role say, by its physical name."""
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return [statement for document in documents for statement in as_list(document["Statement"])]


def let_batches_be_sent(template, ids):
    """Allow sending messages by the batch where sending is allowed: the cloud knows one right for both, the emulator two."""
    iam = boto3.client("iam")
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        statements = [
            {"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": statement["Resource"]}
            for statement in statements_in_force(iam, ids[logical_id])
            if "sqs:SendMessage" in as_list(statement["Action"])
        ]
        if statements:
            iam.put_role_policy(
                RoleName=ids[logical_id], PolicyName=STOPGAPS[1],
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
            )


def let_mails_be_sent(template, ids):
    """Allow sending mails on any resource: the emulator sees neither the identity nor the sender of a mail."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": SEND_MAIL, "Resource": "*"}],
    }
    iam = boto3.client("iam")
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        if any(SEND_MAIL in as_list(statement["Action"]) for statement in statements_in_force(iam, ids[logical_id])):
            iam.put_role_policy(
                RoleName=ids[logical_id], PolicyName=STOPGAPS[2], PolicyDocument=json.dumps(document)
            )


def know_the_sender(ids):
    """Make the sender of mails known to SES, as an operator does in the cloud."""
    sender = variables_of(boto3.client("lambda"), ids["SendMail"]).get("MAIL_FROM")
    if sender:
        boto3.client("ses").verify_email_identity(EmailAddress=sender)


def finish(stack, description_path, template_path):
    """Add what the emulator needs, and write down outputs, physical ids, the origin's secret and the transformed template."""
    cloudformation = boto3.client("cloudformation")
    ids = physical_ids(cloudformation, stack)
    template = processed_template(cloudformation, stack)
    routes = add_routes(template, ids)
    let_parameters_be_read(template, ids)
    let_batches_be_sent(template, ids)
    let_mails_be_sent(template, ids)
    know_the_sender(ids)
    [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    secret = ""
    if "OriginSecretArn" in outputs:
        secrets = boto3.client("secretsmanager")
        secret = secrets.get_secret_value(SecretId=outputs["OriginSecretArn"])["SecretString"]
    description = {
        "stack_name": stack,
        "region": cloudformation.meta.region_name,
        "outputs": outputs,
        "resources": ids,
        "origin_secret": secret,
        "routes": routes,
    }
    Path(template_path).write_text(json.dumps(template, indent=1), encoding="utf-8")
    Path(description_path).write_text(json.dumps(description, indent=1), encoding="utf-8")


def snake_case(logical_id):
    """The crate of a function: PlaceOrder is place_order."""
    return WORD_START.sub("_", logical_id).lower()


def zipped(binary):
    """A deployment package that holds one executable, compressed as little as the emulator needs."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, binary.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    return package.getvalue()


def update(stack, binaries, logical_ids):
    """Replace the code of some functions; the next invocation runs it."""
    ids = physical_ids(boto3.client("cloudformation"), stack)
    functions = boto3.client("lambda")
    for logical_id in logical_ids:
        if logical_id not in ids:
            raise SystemExit(f"the stack has no function {logical_id}: deploy template.yaml first")
        package = zipped(Path(binaries) / snake_case(logical_id))
        functions.update_function_code(FunctionName=ids[logical_id], ZipFile=package)


def variables_of(functions, name):
    """What one function is told."""
    return functions.get_function_configuration(FunctionName=name).get("Environment", {}).get("Variables", {})


def variables(stack):
    """Print what each function is told, in the form that `sam local invoke --env-vars` takes."""
    functions = boto3.client("lambda")
    ids = physical_ids(boto3.client("cloudformation"), stack, "AWS::Lambda::Function")
    print(json.dumps({logical_id: variables_of(functions, name) for logical_id, name in ids.items()}))


def hold(stack, seconds):
    """Change how long orders hold their tickets, as a deployment with other HoldSeconds and PaymentSeconds would."""
    functions = boto3.client("lambda")
    changed = 0
    for name in physical_ids(boto3.client("cloudformation"), stack, "AWS::Lambda::Function").values():
        told = variables_of(functions, name)
        known = [variable for variable in ("HOLD_SECONDS", "PAYMENT_SECONDS") if variable in told]
        if known:
            told.update(dict.fromkeys(known, seconds))
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": told})
            changed += 1
    if not changed:
        raise SystemExit("no function of the stack knows HOLD_SECONDS")


def main(arguments):
    match arguments:
        case ["finish", stack, description_path, template_path]:
            finish(stack, description_path, template_path)
        case ["update", stack, binaries, *logical_ids] if logical_ids:
            update(stack, binaries, logical_ids)
        case ["variables", stack]:
            variables(stack)
        case ["hold", stack, seconds]:
            hold(stack, seconds)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
