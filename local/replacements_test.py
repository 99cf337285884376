"""What an update would replace, on small templates and on ours. Run it in this folder: python -m unittest replacements_test"""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import replacements

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"},
}
GROUP = {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": {"Ref": "AWS::StackName"}}}
ALIAS = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": {"Fn::Sub": "alias/${Group}"}, "TargetKeyId": "k"}}
TWO = {"Table": TABLE, "Group": GROUP}


def changed(resource, **properties):
    return {**resource, "Properties": {**resource["Properties"], **properties}}


def told(old, new):
    return replacements.changes(*(replacements.summary({"Resources": one}) for one in (old, new)))


class Changes(unittest.TestCase):
    def test_an_ordinary_update_replaces_nothing(self):
        self.assertEqual(told(TWO, {"Table": changed(TABLE, BillingMode="PROVISIONED"), "Group": GROUP, "More": TABLE}), [])

    def test_another_key_replaces_a_table_and_says_what_it_was_and_is(self):
        other = changed(TABLE, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
        [sentence] = told(TWO, {**TWO, "Table": other})
        self.assertTrue(sentence.startswith("STATEFUL AWS::DynamoDB::Table Table is replaced: KeySchema was "), sentence)
        self.assertIn('"pk"', sentence)
        self.assertIn('"id"', sentence)

    def test_a_name_that_is_new_or_gone_replaces_as_well(self):
        named = changed(TABLE, TableName="market")
        [appeared], [gone] = told({"T": TABLE}, {"T": named}), told({"T": named}, {"T": TABLE})
        self.assertIn('TableName was not there and is "market"', appeared)
        self.assertIn('TableName was "market" and is not there', gone)

    def test_what_is_named_after_something_replaced_goes_with_it(self):
        old = {"Group": GROUP, "Alias": ALIAS}
        sentences = told(old, {**old, "Group": changed(GROUP, Name="another")})
        self.assertEqual(len(sentences), 2)
        self.assertIn("KMS::Alias Alias is replaced, because Group is", sentences[1])

    def test_what_is_removed_is_deleted_unless_it_is_kept(self):
        self.assertEqual(told(TWO, {"Group": GROUP}), ["STATEFUL AWS::DynamoDB::Table Table is left behind"])
        self.assertEqual(told(TWO, {"Table": TABLE}), ["STATEFUL AWS::Scheduler::ScheduleGroup Group is deleted"])

    def test_another_type_under_the_same_name_is_refused(self):
        [sentence] = told(TWO, {**TWO, "Group": TABLE})
        self.assertIn("Group is a AWS::DynamoDB::Table now: CloudFormation refuses that", sentence)

    def test_values_within_lists_are_seen(self):
        self.assertEqual(replacements.at({"a": [{"b": 1}, {}]}, ["a", "*", "b"]), [1, replacements.ABSENT])
        self.assertEqual(replacements.at({"a": {"b": 2}}, ["a", "b"]), 2)
        self.assertIs(replacements.at({"a": {}}, ["a", "b"]), replacements.ABSENT)


class Deployed(unittest.TestCase):
    """Against a stack whose template CloudFormation knows."""

    def refused(self, old, new, *meant):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new.json"
            path.write_text(json.dumps({"Resources": new}), encoding="utf-8")
            said = io.StringIO()
            with mock.patch.object(replacements, "deployed", lambda _stack: old and {"Resources": old}):
                with contextlib.redirect_stdout(said), self.assertRaises(SystemExit) as end:
                    replacements.main(["--deployed", "holdfast-prod", str(path), *meant])
        self.assertEqual(end.exception.code, 1 if "REFUSED" in said.getvalue() else 0)
        return said.getvalue().splitlines()

    def test_what_holds_something_is_refused_unless_it_is_meant_and_the_rest_is_told(self):
        permission = {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": "one"}}
        old = {**TWO, "Permission": permission}
        self.assertEqual(self.refused(old, old), [])
        [told] = self.refused(old, {**TWO, "Permission": changed(permission, FunctionName="another")})
        self.assertTrue(told.startswith("AWS::Lambda::Permission Permission is replaced"), told)
        [gone] = self.refused(old, {"Table": TABLE, "Permission": permission})
        self.assertEqual(gone, "REFUSED STATEFUL AWS::Scheduler::ScheduleGroup Group is deleted")
        [meant] = self.refused(old, {"Table": TABLE, "Permission": permission}, "Group")
        self.assertEqual(meant, "STATEFUL AWS::Scheduler::ScheduleGroup Group is deleted")

    def test_a_first_deployment_loses_nothing(self):
        self.assertEqual(self.refused(None, TWO), [])


class Record(unittest.TestCase):
    def test_a_new_resource_has_to_be_recorded_and_so_has_a_parameter_that_replaces(self):
        record = replacements.record_of({"Resources": {"Table": TABLE}})
        named = {"Parameters": {"Name": {}}, "Resources": {"Table": changed(TABLE, TableName={"Ref": "Name"})}}
        self.assertEqual(replacements.check(record, {"Resources": {"Table": TABLE}}), [])
        [new] = replacements.check(record, {"Resources": {"Table": TABLE, "Group": GROUP}})
        self.assertEqual(new, "AWS::Scheduler::ScheduleGroup Group is new, and not in the record")
        self.assertIn("another value of Name would now replace Table", replacements.check(record, named))

    def test_an_update_to_our_template_replaces_nothing(self):
        record = json.loads(replacements.RECORD.read_text(encoding="utf-8"))
        problems = replacements.check(record, replacements.transformed(replacements.TEMPLATE))
        self.assertEqual(problems, [], "if that is meant: .venv/bin/python local/replacements.py --accept")

    def test_a_renamed_function_in_our_template_is_seen(self):
        text = replacements.TEMPLATE.read_text(encoding="utf-8")
        name = 'FunctionName: !Sub "${AWS::StackName}-ExpireOrder"'
        self.assertEqual(text.count(name), 1)
        with tempfile.TemporaryDirectory() as folder:
            other = Path(folder) / "template.yaml"
            other.write_text(text.replace(name, 'FunctionName: !Sub "${AWS::StackName}-Expiry"'), encoding="utf-8")
            sentences = replacements.changes(
                *(replacements.summary(replacements.transformed(path)) for path in (replacements.TEMPLATE, other))
            )
        self.assertTrue(any(" ExpireOrder is replaced: FunctionName was " in one for one in sentences), sentences)


if __name__ == "__main__":
    unittest.main()
