"""Alarms, dashboard and runbook agree with each other and with what there is to be watched.

Run it in this folder: python -m unittest alarms_test
"""

import json
import re
import unittest

from replacements import ROOT, TEMPLATE, transformed

RUNBOOK = ROOT / "docs/runbook.md"
# What AWS measures by itself, and the type of the resource that the dimension names.
MEASURED = {
    "AWS/ApiGateway": ("ApiId", "AWS::ApiGatewayV2::Api", {"4xx", "5xx", "Count", "Latency", "IntegrationLatency"}),
    "AWS/DynamoDB": (
        "TableName",
        "AWS::DynamoDB::Table",
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
    ),
    "AWS/Lambda": (
        "FunctionName",
        "AWS::Lambda::Function",
        {"Duration", "Errors", "Invocations", "IteratorAge", "Throttles"},
    ),
    "AWS/SQS": (
        "QueueName",
        "AWS::SQS::Queue",
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "NumberOfMessagesSent"},
    ),
    "AWS/Scheduler": (
        "ScheduleGroup",
        "AWS::Scheduler::ScheduleGroup",
        {"InvocationAttemptCount", "InvocationDroppedCount", "TargetErrorCount", "TargetErrorThrottledCount"},
    ),
}
# What Lambda adds up over all functions of the account.
WITHOUT_DIMENSION = {("AWS/Lambda", name) for name in ("Duration", "Errors", "Invocations", "Throttles")}
# The attribute by which a dimension names a resource; of the others it is what !Ref gives.
BY_ATTRIBUTE = {"QueueName": "QueueName"}
FILLED = re.compile(r"\$\{([A-Za-z0-9:]+)(?:\.([A-Za-z]+))?\}")


def emitted():
    """Names of our own metrics: what stands as a text in the sources of the shared crates."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "shared").glob("*/src/**/*.rs")]
    return set(re.findall(r'"([A-Z][A-Za-z]+)"', "\n".join(sources)))


def referred(value):
    """The name and the attribute that a value refers to."""
    if isinstance(value, dict) and "Ref" in value:
        return value["Ref"], None
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        got = value["Fn::GetAtt"]
        name, attribute = got if isinstance(got, list) else got.split(".", 1)
        return name, attribute
    found = FILLED.fullmatch(value) if isinstance(value, str) else None
    return found.groups() if found else (None, None)


class Watching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = transformed(TEMPLATE)
        cls.resources = cls.template["Resources"]
        cls.ours = emitted()

    def of_type(self, kind):
        return {name: one["Properties"] for name, one in self.resources.items() if one["Type"] == kind}

    def assert_measured(self, where, namespace, metric, dimensions):
        """Fails unless something writes this metric under these dimensions."""
        if namespace == "Holdfast":
            self.assertIn(metric, self.ours, f"{where}: no shared crate emits {metric}")
            self.assertEqual([(name, referred(value)) for name, value in dimensions], [("Stage", ("Stage", None))], where)
            return
        self.assertIn(namespace, MEASURED, where)
        dimension, kind, metrics = MEASURED[namespace]
        self.assertIn(metric, metrics, where)
        if not dimensions:
            self.assertIn((namespace, metric), WITHOUT_DIMENSION, where)
            return
        [(name, value)] = dimensions
        self.assertEqual(name, dimension, where)
        resource, attribute = referred(value)
        self.assertEqual(self.resources.get(resource, {}).get("Type"), kind, f"{where}: {value}")
        self.assertEqual(attribute, BY_ATTRIBUTE.get(dimension), where)
        if metric == "IteratorAge":
            mappings = self.of_type("AWS::Lambda::EventSourceMapping").values()
            streams = [one for one in mappings if "StartingPosition" in one]
            readers = {referred(one["FunctionName"])[0] for one in streams}
            self.assertIn(resource, readers, f"{where}: {resource} reads no stream")

    def test_every_alarm_watches_what_is_measured_and_tells_somebody(self):
        alarms = self.of_type("AWS::CloudWatch::Alarm")
        self.assertTrue(alarms)
        told = {"Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
        for name, alarm in alarms.items():
            dimensions = [(one["Name"], one["Value"]) for one in alarm.get("Dimensions", [])]
            self.assert_measured(name, alarm["Namespace"], alarm["MetricName"], dimensions)
            self.assertEqual(alarm["AlarmActions"], told, name)
            self.assertEqual(alarm["OKActions"], told, name)
            self.assertIn(alarm["TreatMissingData"], ("notBreaching", "breaching"), name)
            self.assertNotIn("AlarmName", alarm, f"{name}: a name of its own would clash with another stage's")

    def test_every_queue_of_failures_has_an_alarm_at_the_first_message(self):
        watched = {}
        for name, alarm in self.of_type("AWS::CloudWatch::Alarm").items():
            if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible":
                self.assertEqual((alarm["Threshold"], alarm["ComparisonOperator"]), (0, "GreaterThanThreshold"), name)
                watched[referred(alarm["Dimensions"][0]["Value"])[0]] = name
        # A queue that hands on to another one is one of work.
        queues = self.of_type("AWS::SQS::Queue")
        failures = {name for name, queue in queues.items() if "RedrivePolicy" not in queue}
        self.assertEqual(set(watched), failures)
        self.assertEqual(set(watched.values()), {f"{queue}Alarm" for queue in failures})

    def test_the_runbook_has_an_entry_for_each_alarm_and_no_other(self):
        entries = re.findall(r"^### (\S+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(sorted(entries), sorted(set(entries)), "an entry stands twice")
        self.assertEqual(set(entries), set(self.of_type("AWS::CloudWatch::Alarm")))

    def test_an_entry_says_what_it_means_what_to_do_and_when_it_is_over(self):
        text = RUNBOOK.read_text(encoding="utf-8")
        for entry in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
            for part in ("Means", "Shoppers", "Look", "Do", "Over"):
                self.assertRegex(entry, rf"(?m)^- \*\*{part}\*\*: \S", entry.splitlines()[0])

    def test_the_dashboard_shows_what_is_measured(self):
        [dashboard] = self.of_type("AWS::CloudWatch::Dashboard").values()
        widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
        shown = set()
        for widget in widgets:
            for metric in widget["properties"]["metrics"]:
                namespace, name, *rest = [part for part in metric if isinstance(part, str)]
                where = f"{widget['properties']['title']}: {name}"
                self.assert_measured(where, namespace, name, list(zip(rest[::2], rest[1::2], strict=True)))
                shown.add((namespace, name, *rest))
        self.assertLessEqual(len(shown), 50, "a dashboard with more metrics is not free")
        for name, alarm in self.of_type("AWS::CloudWatch::Alarm").items():
            there = any((alarm["Namespace"], alarm["MetricName"]) == metric[:2] for metric in shown)
            self.assertTrue(there, f"{name} goes off for something that the dashboard does not show")


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resources = transformed(TEMPLATE)["Resources"]

    def test_no_other_origin_is_let_in(self):
        [api] = [one["Properties"] for one in self.resources.values() if one["Type"] == "AWS::ApiGatewayV2::Api"]
        self.assertNotIn("CorsConfiguration", api)
        self.assertNotIn("x-amazon-apigateway-cors", json.dumps(api["Body"]))
        for name, one in self.resources.items():
            if one["Type"] == "AWS::CloudFront::ResponseHeadersPolicy":
                self.assertNotIn("CorsConfig", one["Properties"]["ResponseHeadersPolicyConfig"], name)
            if one["Type"] == "AWS::S3::Bucket":
                self.assertNotIn("CorsConfiguration", one["Properties"], name)

    def test_every_route_has_a_ceiling_and_slow_ones_a_lower_one(self):
        [stage] = [one["Properties"] for one in self.resources.values() if one["Type"] == "AWS::ApiGatewayV2::Stage"]
        rate = {"ThrottlingRateLimit": {"Ref": "ApiRate"}, "ThrottlingBurstLimit": {"Ref": "ApiBurst"}}
        self.assertEqual(stage["DefaultRouteSettings"], rate)
        routes = self.routes()
        for route in stage["RouteSettings"]:
            self.assertIn(route, routes, "API Gateway refuses settings of a route that is not there")
        # Whoever hashes a password needs the memory for it.
        slow = {route for route, name in routes.items() if self.resources[name]["Properties"]["MemorySize"] == 1024}
        self.assertTrue(slow)
        for route in slow:
            self.assertEqual(stage["RouteSettings"].get(route, {}).get("ThrottlingRateLimit"), {"Ref": "PasswordRate"}, route)

    def routes(self):
        """Functions by their routes."""
        [api] = [one["Properties"] for one in self.resources.values() if one["Type"] == "AWS::ApiGatewayV2::Api"]
        found = {}
        for path, operations in api["Body"]["paths"].items():
            for method, operation in operations.items():
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                found[f"{method.upper()} {path}"] = re.search(r"\$\{(\w+)\.Arn\}", uri).group(1)
        return found


if __name__ == "__main__":
    unittest.main()
