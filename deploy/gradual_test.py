"""What makes a deployment gradual, on the real template. Run it in this folder: python -m unittest gradual_test"""

import copy
import sys
import tempfile
import unittest
from pathlib import Path

import yaml
from samtranslator.yaml_helper import yaml_parse

import gradual
import parameters

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "local"))
from replacements import transformed  # noqa: E402


class Gradual(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
        for name, resource in self.template["Resources"].items():
            if resource["Type"] == gradual.FUNCTION:
                resource["Properties"]["CodeUri"] = name
                (self.folder / name).mkdir()
                (self.folder / name / "bootstrap").write_text(name, encoding="utf-8")

    def names(self, **parameters):
        template = copy.deepcopy(self.template)
        gradual.gradual(template, self.folder, parameters)
        found = {name: one["Properties"].get("AutoPublishCodeSha256") for name, one in template["Resources"].items()}
        return {name: version for name, version in found.items() if version}

    def test_the_routes_reach_aliases_that_alarms_roll_back_and_handlers_of_events_have_none(self):
        gradual.gradual(self.template, self.folder, {})
        built = self.folder / "template.yaml"
        built.write_text(yaml.safe_dump(self.template, sort_keys=False), encoding="utf-8")
        resources = transformed(built)["Resources"]

        def of_type(kind):
            return {name: one for name, one in resources.items() if one["Type"] == kind}

        [api] = of_type("AWS::ApiGatewayV2::Api").values()
        uris = [operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                for operations in api["Properties"]["Body"]["paths"].values() for operation in operations.values()]
        self.assertGreater(len(uris), 10)
        for uri in uris:
            self.assertRegex(uri, r"\$\{\w+Aliaslive\}")
        groups = of_type("AWS::CodeDeploy::DeploymentGroup")
        self.assertEqual(len(groups), len(set(uris)))
        for group in groups.values():
            alarms = group["Properties"]["AlarmConfiguration"]["Alarms"]
            self.assertEqual([alarm["Name"]["Ref"] for alarm in alarms], list(gradual.WATCHED))
            self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["Properties"]["AutoRollbackConfiguration"]["Events"])
        aliases = of_type("AWS::Lambda::Alias")
        for name in ("ExpireOrder", "ProjectCatalogue", "RelayEvents", "RenderPages", "ScheduleExpiry", "Sweep"):
            self.assertNotIn(f"{name}Aliaslive", aliases)

    def test_a_version_is_named_after_code_settings_and_parameters(self):
        first = self.names(HoldSeconds="900")
        self.assertEqual(self.names(HoldSeconds="900"), first)
        other = self.names(HoldSeconds="60")
        self.assertTrue(all(other[name] != first[name] for name in first))
        (self.folder / "SignIn/bootstrap").write_text("another", encoding="utf-8")
        third = self.names(HoldSeconds="60")
        self.assertEqual([name for name in third if third[name] != other[name]], ["SignIn"])

    def test_what_is_not_built_or_has_no_alarms_is_refused(self):
        (self.folder / "SignIn/bootstrap").unlink()
        (self.folder / "SignIn").rmdir()
        with self.assertRaisesRegex(SystemExit, "is not built"):
            self.names()
        del self.template["Resources"][gradual.WATCHED[0]]
        with self.assertRaisesRegex(SystemExit, "no alarm"):
            self.names()


class Parameters(unittest.TestCase):
    def test_every_stage_names_parameters_of_the_template_and_its_own_stage(self):
        known = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
        for stage in ("dev", "staging", "prod"):
            given = parameters.of_stage(stage)
            self.assertLessEqual(given.keys(), known.keys(), stage)
            self.assertEqual(given["Stage"], stage)
            for name, value in given.items():
                allowed = known[name].get("AllowedValues")
                self.assertTrue(allowed is None or value in map(str, allowed), f"{stage}: {name}={value}")

    def test_prod_loses_nothing(self):
        prod = parameters.of_stage("prod")
        self.assertEqual((prod["DeletionProtection"], prod["RecoveryDays"]), ("true", "35"))
        self.assertGreater(int(prod["ArchiveDays"]), 0)

    def test_what_is_no_pair_or_no_stage_is_refused(self):
        self.assertEqual(parameters.pairs(["A=b=c", "D="]), {"A": "b=c", "D": ""})
        for wrong in (["A"], ["A=b c"], ["=b"]):
            with self.assertRaises(SystemExit):
                parameters.pairs(wrong)
        with self.assertRaisesRegex(SystemExit, "no stage"):
            parameters.of_stage("production")


if __name__ == "__main__":
    unittest.main()
