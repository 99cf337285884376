"""Makes a deployment gradual: the API's functions get an alias, whose traffic CodeDeploy moves to a new version by and by.

While it does, and for the minutes after, alarms that go off move all traffic back to the old version.

    sam build
    python3 deploy/gradual.py [--build-dir FOLDER] prod [Name=value...]     rewrites .aws-sam/build/template.yaml
    sam deploy --config-env prod

The template itself has no alias. Whether SAM makes one cannot depend on a parameter, only whether CodeDeploy moves it; and
an alias that is always there would keep a function's old environment whenever a parameter alone has changed, because
SAM makes a version for new code only. Here a version is named after code and parameters together. Handlers of events
keep to what runs them at once: their retries belong to the function, not to an alias.
"""

import hashlib
import json
import sys
from pathlib import Path

import yaml

from parameters import of_stage, pairs

# Where sam build puts what it builds unless it is told otherwise.
BUILT = Path(__file__).resolve().parent.parent / ".aws-sam/build"
# Ten per cent first, the others five minutes later.
MOVES = "Canary10Percent5Minutes"
WATCHED = ("ApiServerErrors", "FailedRuns")
FUNCTION = "AWS::Serverless::Function"


def is_of_the_api(resource):
    """Whether a function answers a route."""
    events = resource.get("Properties", {}).get("Events", {})
    return resource["Type"] == FUNCTION and any(event["Type"] == "HttpApi" for event in events.values())


def release(code, properties, parameters):
    """A name for what a version runs: another binary, another setting or another parameter is another version."""
    digest = hashlib.sha256()
    for path in sorted(path for path in code.rglob("*") if path.is_file()):
        digest.update(path.relative_to(code).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(json.dumps([properties, parameters], sort_keys=True).encode())
    return digest.hexdigest()


def gradual(template, folder, parameters):
    """Gives every function of the API an alias and a deployment; the number of them."""
    missing = [alarm for alarm in WATCHED if alarm not in template["Resources"]]
    if missing:
        raise SystemExit(f"the template has no alarm {', '.join(missing)}")
    shared = template.get("Globals", {}).get("Function", {})
    functions = [resource for resource in template["Resources"].values() if is_of_the_api(resource)]
    for resource in functions:
        properties = resource["Properties"]
        code = folder / properties["CodeUri"]
        if not code.is_dir():
            raise SystemExit(f"{code} is not built: run sam build first")
        name = release(code, [shared, properties], parameters)
        properties["AutoPublishAlias"] = "live"
        properties["AutoPublishCodeSha256"] = name
        properties["DeploymentPreference"] = {"Type": MOVES, "Alarms": [{"Ref": alarm} for alarm in WATCHED]}
    return len(functions)


def main(arguments):
    match arguments:
        case ["--build-dir", folder, stage, *others]:
            folder = Path(folder)
        case [stage, *others] if not stage.startswith("-"):
            folder = BUILT
        case _:
            raise SystemExit(__doc__)
    built = folder / "template.yaml"
    template = yaml.safe_load(built.read_text(encoding="utf-8"))
    count = gradual(template, folder, {**of_stage(stage), **pairs(others)})
    built.write_text(yaml.safe_dump(template, sort_keys=False, width=120), encoding="utf-8")
    print(f"{count} functions of the API are deployed gradually")


if __name__ == "__main__":
    main(sys.argv[1:])
