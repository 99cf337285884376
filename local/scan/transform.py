"""Writes down template.yaml as CloudFormation gets it: after the SAM transform, without an account or an emulator.

    transform.py TEMPLATE TRANSFORMED
"""

import json
import sys
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

# `sam package` puts the code's address here; no scanner looks at it.
PACKAGED = "s3://packages/function.zip"


def transformed(text):
    """The template with every resource that the transform makes of it."""
    template = yaml_parse(text)
    template["Globals"]["Function"]["CodeUri"] = PACKAGED
    session = boto3.session.Session(region_name="eu-central-1")
    # No managed policy is given by its name alone, so that none has to be looked up.
    return Translator({}, Parser(), boto_session=session).translate(template, {})


def main(arguments):
    match arguments:
        case [template, result]:
            text = Path(template).read_text(encoding="utf-8")
            Path(result).write_text(json.dumps(transformed(text), indent=1), encoding="utf-8")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
