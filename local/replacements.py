"""What an update of the stack would replace or delete, read off the provider schemas that cfn-lint brings.

A property that is create-only cannot be changed: CloudFormation makes a new resource and removes the old one, whatever
it holds. The record `create_only.json` has the values of all of them; a test compares it with the template.

    replacements.py OLD NEW      what an update from one template to another would replace or delete; ends with 1 if any
    replacements.py --deployed STACK NEW [NAME...]
                                 the same for an update of a stack that is there, if there is one; ends with 1 if something
                                 that holds anything would go, and is none of the names that are meant to go
    replacements.py --check      the same for an update from the record to template.yaml
    replacements.py --accept     writes the record anew: what it then says differently is what was accepted
"""

import json
import re
import sys
import tempfile
from pathlib import Path

import boto3
from botocore.exceptions import ClientError
from cfnlint.decode import decode
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from cfnlint.template.transforms._sam import Transform

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
RECORD = ROOT / "local/create_only.json"
REGION = "eu-central-1"
# Their contents, or an address or a subscription that others rely on, would be gone.
STATEFUL = {
    "AWS::ApiGatewayV2::Api",
    "AWS::CloudFront::Distribution",
    "AWS::DynamoDB::Table",
    "AWS::Events::Archive",
    "AWS::Events::EventBus",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::Secret",
}
IN_TEXT = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")
ABSENT = object()


def transformed(path):
    """A template as the SAM transform leaves it, with the parameters' defaults."""
    template, problems = decode(str(path))
    if template is None:
        raise SystemExit(f"{path} cannot be read: {problems}")
    if "Transform" not in template:
        return plain(template)
    transform = Transform(str(path), template, REGION)
    problems = transform.transform_template()
    if problems:
        raise SystemExit(f"{path} cannot be transformed: {[problem.message for problem in problems]}")
    return plain(transform.template())


def deployed(stack):
    """The template of a stack that is there, transformed; None without one."""
    cloudformation = boto3.client("cloudformation")
    try:
        body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
            return None
        raise SystemExit(str(error)) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        # Of a template in JSON it makes a dictionary, and of one in YAML a text.
        path.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
        return transformed(path)


def plain(value):
    """The same as plain JSON, so that values of two templates can be compared."""
    return json.loads(json.dumps(value, sort_keys=True, default=str))


def create_only(kind):
    """Paths of a type's properties that cannot be changed, and of those that sometimes cannot."""
    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    except Exception as unknown:  # cfn-lint has an error of its own for it, and would name the type as well
        raise SystemExit(f"nothing is known about {kind}: {unknown!r}") from None
    return [
        path.removeprefix("/properties/")
        for path in [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    ]


def at(value, path):
    """What stands at a path; of a list, each element's."""
    if not path:
        return value
    head, *rest = path
    if isinstance(value, list):
        values = [at(one, path if head != "*" else rest) for one in value]
        return values if any(one is not ABSENT for one in values) else ABSENT
    if head == "*":
        return at(value, rest)
    if isinstance(value, dict) and head in value:
        return at(value[head], rest)
    return ABSENT


def values_of(resource):
    """The create-only values that a resource has."""
    found = {path: at(resource.get("Properties", {}), path.split("/")) for path in create_only(resource["Type"])}
    return {path: shown(value) for path, value in sorted(found.items()) if value is not ABSENT}


def shown(value):
    """A value for the record; elements of a list without the property are null."""
    if isinstance(value, list):
        return [shown(one) for one in value]
    return None if value is ABSENT else value


def names_in(value):
    """Everything that a value refers to: resources and parameters."""
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    if isinstance(value, str):
        return set(IN_TEXT.findall(value))
    if not isinstance(value, dict):
        return set()
    if isinstance(value.get("Ref"), str):
        return {value["Ref"]}
    got = value.get("Fn::GetAtt")
    if got:
        return {(got if isinstance(got, list) else got.split("."))[0]}
    return set().union(*map(names_in, value.values()))


def summary(template):
    """The record of a template."""
    return {
        name: {
            "type": resource["Type"],
            **({"condition": resource["Condition"]} if "Condition" in resource else {}),
            "kept": resource.get("DeletionPolicy", "Delete") in ("Retain", "RetainExceptOnCreate"),
            "create_only": values_of(resource),
        }
        for name, resource in sorted(template["Resources"].items())
    }


def changes(old, new):
    """Sentences about what an update between two records would replace or delete, the worst first."""
    told = {}
    for name in sorted(old.keys() & new.keys()):
        before, after = old[name], new[name]
        if before["type"] != after["type"]:
            told[name] = f"is a {after['type']} now: CloudFormation refuses that"
            continue
        paths = sorted(before["create_only"].keys() | after["create_only"].keys())
        differing = [path for path in paths if before["create_only"].get(path) != after["create_only"].get(path)]
        if differing:
            told[name] = "is replaced: " + "; ".join(
                f"{path} was {written(before, path)} and is {written(after, path)}" for path in differing
            )
    follow(old, new, told)
    for name in sorted(old.keys() - new.keys()):
        told[name] = "is left behind" if old[name]["kept"] else "is deleted"
    stateful = {name for name in told if old[name]["type"] in STATEFUL}
    order = sorted(told, key=lambda name: (name not in stateful, name))
    return [f"{'STATEFUL ' if name in stateful else ''}{old[name]['type']} {name} {told[name]}" for name in order]


def is_loss(change):
    """Whether a sentence is about something whose contents, address or subscribers would be gone."""
    return change.startswith("STATEFUL ")


def follow(old, new, told):
    """Whatever is made from the name of something that is replaced is replaced as well."""
    moved = {name for name, what in told.items() if what.startswith("is replaced")}
    while True:
        more = {
            name: sorted(names_in(new[name]["create_only"]) & moved)
            for name in old.keys() & new.keys() - told.keys()
            if names_in(new[name]["create_only"]) & moved
        }
        if not more:
            return
        told.update({name: f"is replaced, because {', '.join(because)} is" for name, because in more.items()})
        moved |= more.keys()


def written(record, path):
    """A value in one line."""
    return json.dumps(record["create_only"][path], sort_keys=True) if path in record["create_only"] else "not there"


def depending(record, parameters):
    """Which resources another value of a parameter would replace."""
    users = {name: names_in(entry["create_only"]) for name, entry in record.items()}
    found = {parameter: sorted(name for name in users if parameter in users[name]) for parameter in sorted(parameters)}
    return {parameter: names for parameter, names in found.items() if names}


def record_of(template):
    """All that is written down about a template."""
    resources = summary(template)
    return {"another_value_replaces": depending(resources, template.get("Parameters", {})), "resources": resources}


def check(record, template):
    """What is wrong with a template, as the record has it."""
    now = record_of(template)
    problems = changes(record["resources"], now["resources"])
    problems += [
        f"{now['resources'][name]['type']} {name} is new, and not in the record"
        for name in sorted(now["resources"].keys() - record["resources"].keys())
    ]
    for parameter, names in now["another_value_replaces"].items():
        more = sorted(set(names) - set(record["another_value_replaces"].get(parameter, [])))
        if more:
            problems.append(f"another value of {parameter} would now replace {', '.join(more)}")
    return problems


def main(arguments):
    match arguments:
        case ["--accept"]:
            RECORD.write_text(json.dumps(record_of(transformed(TEMPLATE)), indent=1) + "\n", encoding="utf-8")
            problems = []
        case ["--check"]:
            problems = check(json.loads(RECORD.read_text(encoding="utf-8")), transformed(TEMPLATE))
        case ["--deployed", stack, new, *meant]:
            old = deployed(stack)
            told = changes(summary(old), summary(transformed(new))) if old else []
            problems = [change for change in told if is_loss(change) and change.split()[2] not in meant]
            for change in told:
                print(f"REFUSED {change}" if change in problems else change)
            sys.exit(1 if problems else 0)
        case [old, new]:
            problems = changes(summary(transformed(old)), summary(transformed(new)))
        case _:
            raise SystemExit(__doc__)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
