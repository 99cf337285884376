"""The emulator, writing down which rights its functions could not have done without.

Whenever a role's call is allowed, the emulator's own decision is asked again without each of the role's rights in turn.
A right without which it would have been denied is needed. Nothing of the installed package is changed on the disk.

    observed.py RECORD          each right once, when it is needed first
    observed.py RECORD --each   each right with each call that needs it, and each denial

A line of RECORD is a JSON object: `role` and `policy`, `statement` (its number there), and `action` or `resource` (its
number there). A denial has `role` and `denied`, the action.
"""

import json
import sys
import threading
from dataclasses import replace

from ministack.app import main
from ministack.core import iam_evaluator
from ministack.services import iam

# What `stack.py finish` grants beside the template's own statements, and what the cloud would ask for instead.
STOPGAP = "emulator-"
IN_THE_CLOUD = {"sqs:SendMessageBatch": "sqs:SendMessage"}
# The emulator sees neither which parameters are asked for nor who sends a mail: the template's tests look at both.
JUDGED_BY_ACTION = ("ssm:GetParameters", "ses:SendEmail")


def as_list(value):
    """One thing or several, as policies may write both."""
    return value if isinstance(value, list) else [value]


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


def rights(documents):
    """Every action of every statement, and every resource of those that name several."""
    for policy, document in documents.items():
        for number, statement in enumerate(as_list(document["Statement"])):
            for index, action in enumerate(as_list(statement["Action"])):
                yield {"policy": policy, "statement": number, "action": action}, "Action", index
            resources = as_list(statement["Resource"])
            if len(resources) > 1:
                for index in range(len(resources)):
                    yield {"policy": policy, "statement": number, "resource": index}, "Resource", index


class Observer:
    """Stands before the emulator's decision."""

    def __init__(self, record, each):
        self.decide = iam_evaluator.evaluate
        self.file = open(record, "a", buffering=1, encoding="utf-8")
        self.each = each
        self.known = {}
        self.written = set()
        self.lock = threading.Lock()

    def __call__(self, context, policies, *limits):
        result = self.decide(context, policies, *limits)
        if context.principal_type == "AssumedRole":
            role = iam_evaluator._role_name_from_assumed_arn(context.principal_arn)
            if result.decision == "Allow":
                for right in self.needed(role, context):
                    self.write({"role": role, **right})
            elif self.each:
                self.write({"role": role, "denied": context.action})
        return result

    def needed(self, role, context):
        """The rights of a role without which this call would be denied."""
        stored = (iam._roles.get(role) or {}).get("InlinePolicies") or {}
        # As they are stored: nothing is read for a call like one that was seen before.
        texts = tuple((name, document if isinstance(document, str) else json.dumps(document))
                      for name, document in sorted(stored.items()) if not name.startswith(STOPGAP))
        asked = ""
        if any('"Condition"' in text for _, text in texts):
            asked = repr((context.service_context, context.request_tags, context.tag_keys, context.principal_keys))
        key = (role, texts, context.action, context.resource_arn, asked)
        found = self.known.get(key)
        if found is None:
            documents = {name: json.loads(text) for name, text in texts}
            found = [right for right, kind, index in rights(documents)
                     if self.is_needed(role, context, documents, right, kind, index)]
            self.known[key] = found
        return found

    def is_needed(self, role, context, documents, right, kind, index):
        action = IN_THE_CLOUD.get(context.action, context.action)
        if action in JUDGED_BY_ACTION:
            return right.get("action") == action
        policy = right["policy"]
        rest = {**documents, policy: without(documents[policy], right["statement"], kind, index)}
        attached = (iam._roles.get(role) or {}).get("AttachedPolicies", [])
        managed = [iam_evaluator._resolve_managed_policy_document(arn, context.principal_account) for arn in attached]
        asked = replace(context, action=action)

        def allowed(these):
            parsed = [iam_evaluator.parse_policy_document(one) for one in these if one]
            return self.decide(asked, parsed).decision == "Allow"

        return allowed([*documents.values(), *managed]) and not allowed([*rest.values(), *managed])

    def write(self, entry):
        line = json.dumps(entry, sort_keys=True)
        with self.lock:
            if self.each or line not in self.written:
                self.written.add(line)
                self.file.write(line + "\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [path, *how] if how in ([], ["--each"]):
            # The emulator reads its own arguments.
            sys.argv = sys.argv[:1]
            iam_evaluator.evaluate = Observer(path, bool(how))
            main()
        case _:
            raise SystemExit(__doc__)
