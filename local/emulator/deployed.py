"""What a deployed stage is like, in the emulator, and whether an update has kept all that was there.

    deployed.py check STACK STAGE                  fails for each of the stage's settings that the stack does not have
    deployed.py fill STACK SITE STRIPE MEMORY      makes people, tickets, orders and messages, and remembers everything
    deployed.py compare STACK SITE STRIPE MEMORY SECONDS
                                                   fails for each thing that is gone or another one; new holds last SECONDS
    deployed.py pay STACK SITE STRIPE MEMORY       pays the order whose payment was begun by fill
    deployed.py harm STACK TEMPLATE HARMFUL        writes a template whose deployment would lose sessions and events
    deployed.py without-codedeploy TEMPLATE        takes out of a built template what the emulator cannot deploy

Endpoint, region and credentials come from the environment. SITE and STRIPE are addresses, MEMORY is a file.
"""

import json
import sys
import time
import urllib.parse
import urllib.request
import uuid
from datetime import datetime
from pathlib import Path

import boto3
import yaml
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "deploy"), str(ROOT / "local")]
from parameters import of_stage  # noqa: E402
from replacements import STATEFUL  # noqa: E402
from smoke import PATIENCE, Visitor, until  # noqa: E402
from stack import physical_ids, processed_template  # noqa: E402

FUNCTION = "AWS::Lambda::Function"
TABLE = "AWS::DynamoDB::Table"
QUEUE = "AWS::SQS::Queue"
# What is worth nothing once lost has no recovery.
WITHOUT_RECOVERY = {"SessionsTable", "TriesTable"}


class Stack:
    """A deployed stack: what it is made of, and what it was told."""

    def __init__(self, name):
        self.name = name
        cloudformation = boto3.client("cloudformation")
        self.template = processed_template(cloudformation, name)
        self.ids = physical_ids(cloudformation, name)
        [self.described] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        self.parameters = {one["ParameterKey"]: one["ParameterValue"] for one in self.described["Parameters"]}
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in self.described["Outputs"]}

    def of_type(self, kind):
        """Resources of a type, those that conditions leave out aside: logical id and properties."""
        return {
            name: one["Properties"]
            for name, one in self.template["Resources"].items()
            if one["Type"] == kind and self.holds(one.get("Condition"))
        }

    def holds(self, condition):
        """Whether a condition of the template is true; none always is."""
        return condition is None or self.value(self.template["Conditions"][condition])

    def value(self, told):
        """What a property comes to, with the stack's parameters; references to resources stay as they are."""
        match told:
            case {"Ref": name} if name in self.parameters:
                return self.parameters[name]
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Fn::If": [condition, yes, no]}:
                return self.value(yes if self.holds(condition) else no)
            case {"Fn::Equals": [one, other]}:
                return self.value(one) == self.value(other)
            case {"Fn::Not": [one]}:
                return not self.value(one)
            case dict():
                return {name: self.value(one) for name, one in told.items()}
            case list():
                return [self.value(one) for one in told]
        return told


# ---------------------------------------------------------------- what a stage's settings come to


def check(stack, stage):
    """Sentences about what is not as the stage's settings say."""
    wanted = of_stage(stage)
    problems = [
        f"{name} is {stack.parameters.get(name)} and not {value}"
        for name, value in wanted.items()
        # The emulator knows no archive: its stacks are deployed without one, and `told` looks at the template.
        if name != "ArchiveDays" and stack.parameters.get(name) != value
    ]
    problems += [*kept(stack, stage), *told(stack, wanted)]
    return problems


def kept(stack, stage):
    """What the emulator keeps, and shows."""
    days = int(stack.parameters["LogRetentionDays"])
    groups = boto3.client("logs").get_paginator("describe_log_groups").paginate()
    retention = {group["logGroupName"]: group.get("retentionInDays") for page in groups for group in page["logGroups"]}
    for name in stack.of_type("AWS::Logs::LogGroup"):
        if retention.get(stack.ids[name]) != days:
            yield f"{name} keeps logs for {retention.get(stack.ids[name])} days and not {days}"
    yield from protected(stack)
    yield from alarmed(stack)
    functions = boto3.client("lambda")
    for name in stack.of_type(FUNCTION):
        found = functions.get_function_configuration(FunctionName=stack.ids[name])["Environment"]["Variables"]
        if found.get("STAGE") != stage:
            yield f"{name} is of stage {found.get('STAGE')}"
    tags = {tag["Key"]: tag["Value"] for tag in stack.described["Tags"]}
    if tags != {"project": "holdfast", "stage": stage}:
        yield f"the stack has the tags {tags}"


def protected(stack):
    """Tables refuse to be deleted, or not; one that says so is asked."""
    tables = boto3.client("dynamodb")
    wanted = stack.parameters["DeletionProtection"] == "true"
    for name in stack.of_type(TABLE):
        found = tables.describe_table(TableName=stack.ids[name])["Table"]["DeletionProtectionEnabled"]
        if found != wanted:
            yield f"{name} has deletion protection: {found}"
        elif wanted:
            try:
                tables.delete_table(TableName=stack.ids[name])
                yield f"{name} was deleted although it is protected"
            except ClientError as refused:
                if "ValidationException" not in str(refused):
                    yield f"{name} refuses with {refused}"


def alarmed(stack):
    """Every alarm tells the topic, and the topic its subscriber."""
    [topic] = [stack.ids[name] for name in stack.of_type("AWS::SNS::Topic")]
    pages = boto3.client("cloudwatch").get_paginator("describe_alarms").paginate()
    found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    for name in stack.of_type("AWS::CloudWatch::Alarm"):
        alarm = found.get(stack.ids[name])
        if alarm is None:
            yield f"{name} is not there"
        elif not alarm["ActionsEnabled"] or topic not in alarm["AlarmActions"]:
            yield f"{name} tells nobody"
    subscribers = boto3.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    if [one["Endpoint"] for one in subscribers] != [stack.parameters["AlarmEmail"]]:
        yield f"{len(subscribers)} subscribers to the alarms"


def told(stack, wanted):
    """What the emulator takes and does not keep: recovery, keys, limits, the archive. Read off the deployed template."""
    for name, table in stack.of_type(TABLE).items():
        recovery = stack.value(table.get("PointInTimeRecoverySpecification"))
        expected = None if name in WITHOUT_RECOVERY else {
            "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": wanted["RecoveryDays"]}
        if recovery != expected:
            yield f"{name} can be restored: {recovery}"
        key = stack.value(table.get("SSESpecification"))
        if key != ({"SSEEnabled": True, "SSEType": "KMS"} if wanted.get("TableKey") == "managed" else None):
            yield f"{name} is encrypted by {key}"
    [api] = stack.of_type("AWS::ApiGatewayV2::Stage").values()
    limits = stack.value(api["RouteSettings"]["POST /api/orders"])
    expected = {"ThrottlingRateLimit": stack.parameters["OrderRate"], "ThrottlingBurstLimit": stack.parameters["OrderBurst"]}
    if limits != expected:
        yield f"orders are limited to {limits}"
    days = wanted.get("ArchiveDays", "0")
    [archive] = [one for one in stack.template["Resources"].values() if one["Type"] == "AWS::Events::Archive"]
    with_it = Stack.__new__(Stack)
    with_it.template, with_it.parameters = stack.template, {**stack.parameters, "ArchiveDays": days}
    if with_it.holds(archive["Condition"]) != (days != "0"):
        yield f"there would be an archive: {with_it.holds(archive['Condition'])}"
    if with_it.value(archive["Properties"]["RetentionDays"]) != days:
        yield "the archive would keep events for another time"


# ---------------------------------------------------------------- an update keeps everything


def fill(stack, site, stripe):
    """People with sessions, tickets in every state, orders, pages, and a message in each queue of failures."""
    seller, buyer = person(site), person(site)
    tickets = {name: seller.data(201, "/api/tickets", "POST", ticket(name)) for name in ("listed", "held", "sold", "waiting")}
    held = place(buyer, tickets["held"]["id"])
    paid = pay(buyer, place(buyer, tickets["sold"]["id"]), stripe)
    # One that was begun to be paid, and is paid after the updates.
    waiting = place(buyer, tickets["waiting"]["id"])
    started = buyer.data(201, f"/api/orders/{waiting['id']}/payment", "POST", {})
    sqs = boto3.client("sqs")
    for name in failure_queues(stack):
        sqs.send_message(QueueUrl=stack.ids[name], MessageBody=json.dumps({"of": name}))
    memory = {
        "cookies": [seller.cookie, buyer.cookie],
        "users": [one.data(200, "/api/session")["user"] for one in (seller, buyer)],
        "tickets": {name: one["id"] for name, one in tickets.items()},
        "held": held, "paid": paid, "waiting": waiting["id"], "started": started,
    }
    return memory | {"everything": at_rest(stack)}


def person(site):
    one = Visitor(site)
    one.expect(201, "/api/users", "POST", {"email": f"{uuid.uuid4()}@example.com", "password": f"{uuid.uuid4()}"})
    return one


def ticket(name):
    return {"title": f"A {name} one", "price": {"amount": 1000, "currency": "eur"}, "credential": f"code of the {name} one"}


def place(buyer, ticket_id):
    return buyer.data(201, "/api/orders", "POST", {"ticket_id": ticket_id}, **{"Idempotency-Key": str(uuid.uuid4())})


def pay(buyer, order, stripe, started=None):
    """Pay for an order as a browser does."""
    started = started or buyer.data(201, f"/api/orders/{order['id']}/payment", "POST", {})
    intent = started["client_secret"].split("_secret_")[0]
    form = urllib.parse.urlencode({"client_secret": started["client_secret"], "payment_method": "pm_card_visa"})
    request = urllib.request.Request(
        f"{stripe.rstrip('/')}/v1/payment_intents/{intent}/confirm", form.encode(),
        {"Authorization": f"Bearer {started['publishable_key']}"})
    urllib.request.urlopen(request, timeout=30).close()
    paid = buyer.data(200, f"/api/orders/{order['id']}/reconcile", "POST", {})
    if paid["state"] != "paid":
        raise SystemExit(f"the order is {paid['state']} once its card was confirmed")
    return buyer.data(200, f"/api/orders/{order['id']}")


def failure_queues(stack):
    """Queues that nothing reads."""
    read = {mapping.get("EventSourceArn") for mapping in boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]}
    sqs = boto3.client("sqs")
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=stack.ids[name], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name in stack.of_type(QUEUE)
    }
    return [name for name, arn in arns.items() if arn not in read]


def everything(stack):
    """All that a stack holds, by what it is called; names and ids of what holds it, too."""
    found = {}
    tables = boto3.client("dynamodb")
    for name in stack.of_type(TABLE):
        known = tables.describe_table(TableName=stack.ids[name])["Table"]
        found[f"{name}"] = [known["TableArn"], known.get("LatestStreamArn")]
        for page in tables.get_paginator("scan").paginate(TableName=stack.ids[name]):
            for item in page["Items"]:
                key = " ".join(item[one["AttributeName"]]["S"] for one in known["KeySchema"])
                found[f"{name} item {key}"] = json.loads(json.dumps(item, sort_keys=True, default=repr))
    for page in boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=stack.outputs["SiteBucket"]):
        found |= {f"object {one['Key']}": one["ETag"] for one in page.get("Contents", [])}
    secrets = boto3.client("secretsmanager")
    for name in stack.of_type("AWS::SecretsManager::Secret"):
        found[f"secret {name}"] = secrets.get_secret_value(SecretId=stack.ids[name])["SecretString"]
    path = f"/holdfast/{stack.parameters['Stage']}/"
    for page in boto3.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True, WithDecryption=True):
        found |= {f"parameter {one['Name']}": one["Value"] for one in page["Parameters"]}
    sqs = boto3.client("sqs")
    for name in failure_queues(stack):
        asked = sqs.receive_message(QueueUrl=stack.ids[name], MaxNumberOfMessages=10, VisibilityTimeout=0)
        found[f"messages of {name}"] = sorted({one["Body"] for one in asked.get("Messages", [])})
    schedules = boto3.client("scheduler")
    for page in schedules.get_paginator("list_schedules").paginate(GroupName=stack.outputs["ScheduleGroup"]):
        for one in page["Schedules"]:
            known = schedules.get_schedule(GroupName=one["GroupName"], Name=one["Name"])
            found[f"schedule {one['Name']}"] = [known["ScheduleExpression"], known["Target"]["Arn"], known["Target"].get("Input")]
    for name, one in stack.template["Resources"].items():
        if one["Type"] in STATEFUL and name in stack.ids:
            found[f"id of {name}"] = stack.ids[name]
    return found


def at_rest(stack):
    """The same, once events and pages have come to rest: two looks that agree, and a page for each ticket that is listed."""
    end = time.monotonic() + PATIENCE
    before = None
    while time.monotonic() < end:
        now = everything(stack)
        if now == before and any(name.startswith("object tickets/") for name in now) and any(name.startswith("schedule ") for name in now):
            return now
        before = now
        time.sleep(2)
    raise SystemExit("the stack does not come to rest")


def differences(before, now):
    """Sentences about what is gone or another one. What is new is none: logs and runs go on."""
    yield from (f"{name} is gone" for name in sorted(before.keys() - now.keys()))
    yield from (f"{name} is another one" for name in sorted(before.keys() & now.keys()) if before[name] != now[name])


def compare(stack, site, memory, seconds):
    """Sentences about what an update has not kept, and about new holds that do not last as long as it says."""
    problems = list(differences(memory["everything"], everything(stack)))
    seller, buyer = (signed_in(site, cookie) for cookie in memory["cookies"])
    users = [one.data(200, "/api/session")["user"] for one in (seller, buyer)]
    if users != memory["users"]:
        problems.append(f"sessions are of {users}")
    for name in ("held", "paid"):
        found = buyer.data(200, f"/api/orders/{memory[name]['id']}")
        if found != memory[name]:
            problems.append(f"the {name} order is {found['state']}, until {found.get('expires_at')}")
    for name, state in (("listed", "listed"), ("held", "held"), ("sold", "sold"), ("waiting", "held")):
        found = Visitor(site).data(200, f"/api/tickets/{memory['tickets'][name]}")["state"]
        if found != state:
            problems.append(f"the {name} ticket is {found}")
    fresh = seller.data(201, "/api/tickets", "POST", ticket("new"))
    order = place(buyer, fresh["id"])
    lasts = (moment(order["expires_at"]) - moment(order["created_at"])).total_seconds()
    # A hold is shown without the grace at its end.
    if not seconds - 10 <= lasts <= seconds:
        problems.append(f"a new hold lasts {lasts} seconds and not {seconds}")
    buyer.expect(200, f"/api/orders/{order['id']}", "DELETE")
    seller.expect(204, f"/api/tickets/{fresh['id']}", "DELETE")
    return problems


def signed_in(site, cookie):
    one = Visitor(site)
    one.cookie = cookie
    return one


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def finish_paying(site, stripe, memory):
    """The order whose payment was begun before the updates is paid after them, for the same ticket."""
    buyer = signed_in(site, memory["cookies"][1])
    paid = pay(buyer, {"id": memory["waiting"]}, stripe, memory["started"])
    if paid["credential"] != "code of the waiting one":
        raise SystemExit("the buyer does not get what was sold")


# ---------------------------------------------------------------- what the emulator cannot deploy


def without_codedeploy(path):
    """Aliases without CodeDeploy, which the emulator does not have: their traffic moves at once."""
    path = Path(path)
    template = yaml.safe_load(path.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        resource.get("Properties", {}).pop("DeploymentPreference", None)
    path.write_text(yaml.safe_dump(template, sort_keys=False, width=120), encoding="utf-8")


def harm(template, harmful):
    """A built template with another key of a table, and without a queue."""
    known = yaml.safe_load(Path(template).read_text(encoding="utf-8"))
    keys = known["Resources"]["SessionsTable"]["Properties"]
    keys["AttributeDefinitions"][0]["AttributeName"] = keys["KeySchema"][0]["AttributeName"] = "id"
    del known["Resources"]["RelayFailureQueue"]
    Path(harmful).write_text(yaml.safe_dump(known, sort_keys=False, width=120), encoding="utf-8")


def said(problems):
    """Ends with each problem, or without any."""
    if problems:
        raise SystemExit("\n".join(problems))


def main(arguments):
    match arguments:
        case ["check", stack, stage]:
            said(check(Stack(stack), stage))
        case ["fill", stack, site, stripe, memory]:
            Path(memory).write_text(json.dumps(fill(Stack(stack), site, stripe)), encoding="utf-8")
        case ["compare", stack, site, _stripe, memory, seconds]:
            known = json.loads(Path(memory).read_text(encoding="utf-8"))
            said(compare(Stack(stack), site, known, int(seconds)))
            # The next update is compared with what this look has left.
            known["everything"] = at_rest(Stack(stack))
            Path(memory).write_text(json.dumps(known), encoding="utf-8")
        case ["pay", _stack, site, stripe, memory]:
            finish_paying(site, stripe, json.loads(Path(memory).read_text(encoding="utf-8")))
        case ["harm", _stack, template, harmful]:
            harm(template, harmful)
        case ["without-codedeploy", template]:
            without_codedeploy(template)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
