"""The template's parameters as a stage of samconfig.toml has them, with other values in front of its own.

An override on the command line of `sam deploy` replaces all that samconfig.toml says: this prints both together.

    sam deploy --config-env prod --parameter-overrides $(python3 deploy/parameters.py prod AlarmEmail=ops@tickets.example)
"""

import re
import shlex
import sys
import tomllib
from pathlib import Path

CONFIGURATION = Path(__file__).resolve().parent.parent / "samconfig.toml"
PAIR = re.compile(r"[A-Za-z][A-Za-z0-9]*=\S*")


def pairs(words):
    """Names and values, in their order."""
    for word in words:
        if not PAIR.fullmatch(word):
            raise SystemExit(f"{word} is no Name=value without spaces")
    return dict(word.split("=", 1) for word in words)


def of_stage(stage, configuration=CONFIGURATION):
    """What samconfig.toml gives a stage."""
    stages = tomllib.loads(Path(configuration).read_text(encoding="utf-8"))
    if not isinstance(stages.get(stage), dict):
        raise SystemExit(f"samconfig.toml has no stage {stage}")
    settings = stages[stage].get("deploy", {}).get("parameters", {})
    return pairs(shlex.split(settings.get("parameter_overrides", "")))


def main(arguments):
    if not arguments:
        raise SystemExit(__doc__)
    stage, *others = arguments
    for name, value in {**of_stage(stage), **pairs(others)}.items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main(sys.argv[1:])
