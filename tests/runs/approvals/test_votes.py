"""Several people decide: quorum, veto, sequence, edits, forms; each votes once, whoever races."""

import itertools
from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.services import add_to_group, create_group, set_active
from apps.audit.models import AuditEntry
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.runs.approvals.terms import verdict
from apps.runs.exceptions import AlreadyDecided, AlreadyVoted, BadDecision, NotAssigned
from apps.runs.models import Vote, Wait
from apps.runs.services import decide
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.cast import api_client, member
from tests.factories.runs import carry, error_of, events
from tests.runs.scenes import Ask, asking, emails, outputs, published, started
from tests.workflows.definitions import edge, node

FIELDS = [
    {"name": "amount", "label": "Amount to refund", "type": "number", "required": True},
    {"name": "how", "type": "select", "options": ["Card", "Credit"], "default": "Card"},
    {"name": "day", "type": "date"},
    {"name": "checked", "type": "bool"},
    {"name": "note", "type": "paragraph", "default": "{{ input.who }}"},
]


class TestQuorum:
    def test_two_of_three_approve(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(assignees=emails(people), quorum=2)
        wait = decide(wait, actor=people["alice"], decision="approved", comment="Fine")
        assert wait.status == "open"
        assert carry(wait.run).status == "waiting"
        wait = decide(wait, actor=people["oscar"], decision="approved")
        assert (wait.status, wait.decision, wait.decided_by) == (
            "decided",
            "approved",
            people["oscar"],
        )
        output = outputs(wait)
        assert [(vote["by"], vote["comment"]) for vote in output["votes"]] == [
            ("Alice", "Fine"),
            ("Oscar", ""),
        ]
        assert [e for e in events(wait.run) if "voted" in e or "decided" in e] == [
            "node.voted ask",
            "node.decided ask",
        ]
        trail = AuditEntry.objects.filter(action__startswith="approval.").order_by("id")
        assert [entry.action for entry in trail] == ["approval.voted", "approval.decided"]

    def test_nobody_votes_twice(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(assignees=emails(people), quorum=2)
        decide(wait, actor=people["alice"], decision="approved")
        for decision in ("approved", "rejected"):
            with pytest.raises(AlreadyVoted):
                decide(wait, actor=people["alice"], decision=decision)
        assert Vote.objects.count() == 1

    def test_one_against_decides_where_there_is_a_veto(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(assignees=emails(people), quorum=2)
        decide(wait, actor=people["alice"], decision="approved")
        wait = decide(wait, actor=people["bob"], decision="rejected", comment="No")
        assert (wait.decision, wait.comment) == ("rejected", "No")
        with pytest.raises(AlreadyDecided):
            decide(wait, actor=people["oscar"], decision="approved")

    def test_without_a_veto_the_others_are_still_asked(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(assignees=emails(people), quorum=2, veto=False)
        wait = decide(wait, actor=people["alice"], decision="rejected")
        assert wait.status == "open"
        wait = decide(wait, actor=people["bob"], decision="rejected")  # two can no longer approve
        assert wait.decision == "rejected"

    def test_it_says_that_too_few_can_decide(self, people: dict[str, User]) -> None:
        definition = asking(assignees=emails(people), quorum=4, actions=DEFAULT_ACTIONS)
        run = carry(started(published(people["bob"], definition), people["bob"]))
        assert run.status == "failed"
        assert error_of(run)["code"] == "too_few_deciders"

    @pytest.mark.parametrize(
        ("votes", "needed", "veto", "others", "chosen"),
        [
            ("", 1, True, 3, None),
            ("a", 1, True, 3, "a"),
            ("a", 2, True, 1, None),
            ("ar", 2, True, 1, "r"),
            ("ar", 2, False, 1, None),
            ("arr", 2, False, 0, "r"),
            ("rra", 2, False, 1, None),
            ("rax", 3, False, 1, "x"),
            ("arar", 2, False, 0, "a"),
        ],
    )
    def test_what_votes_come_to(
        self, votes: str, needed: int, veto: bool, others: int, chosen: str | None
    ) -> None:
        assert verdict(list(votes), {"a"}, needed=needed, veto=veto, others=others) == chosen

    def test_approvals_decide_in_any_order(self) -> None:
        for votes in itertools.permutations("aab"):
            assert verdict(votes, {"a", "b"}, needed=3, veto=True, others=0) == "a"


class TestSequence:
    def test_each_is_asked_after_the_one_before(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(
            assignees=[people["alice"].email, "builder", people["oscar"].email], order="sequence"
        )
        with pytest.raises(NotAssigned):
            decide(wait, actor=people["oscar"], decision="approved")
        assert not Wait.objects.awaiting(people["bob"]).exists()
        for place, name in enumerate(("alice", "bob", "oscar")):
            assert Wait.objects.awaiting(people[name]).exists()
            wait = decide(wait, actor=people[name], decision="approved")
            assert wait.status == ("decided" if place == 2 else "open")
        assert [vote["stage"] for vote in outputs(wait)["votes"]] == [0, 1, 2]

    def test_one_against_ends_it(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(assignees=[people["alice"].email, people["oscar"].email], order="sequence")
        wait = decide(wait, actor=people["alice"], decision="rejected")
        assert wait.decision == "rejected"
        assert outputs(wait)["decision"] == "rejected"

    def test_a_role_may_need_several(
        self, people: dict[str, User], ask: Ask, alpha: Tenant
    ) -> None:
        olga = member("Olga", "operator")
        wait = ask(assignees=["operator", people["alice"].email], order="sequence", quorum=2)
        wait = decide(wait, actor=olga, decision="approved")
        assert wait.stage == 0
        wait = decide(wait, actor=people["oscar"], decision="approved")
        assert wait.stage == 1
        wait = decide(wait, actor=people["alice"], decision="approved")  # she is one, and enough
        assert wait.status == "decided"


class TestWhoIsAsked:
    def test_an_expression_gives_a_list(self, people: dict[str, User]) -> None:
        definition = asking(
            assignees=["{{ ['ALICE@owner.example', 'builder'] }}"], actions=DEFAULT_ACTIONS
        )
        carry(started(published(people["bob"], definition), people["bob"]))
        assert Wait.objects.get().assignees == ["alice@owner.example", "builder"]

    @pytest.mark.parametrize(
        ("assignee", "words"),
        [
            ("nobody@here.example", "neither a member's e-mail address nor a role"),
            ("vera@viewer.example", "may not decide"),
            ("admin", "Nobody with the role “admin”"),
            ("gone@operator.example", "is suspended"),
            ("group:nobodys", "There is no group called “nobodys”"),
            ("group:viewers", "Nobody in “group:viewers” may decide"),
            ("viewers", "neither a member's e-mail address nor a role"),
            ("{{ '' }}", "Nobody is named"),
            ("{{ [] }}", "Nobody is named"),
            ("{{ [1] }}", "Give e-mail addresses"),
        ],
    )
    def test_a_name_that_stands_for_nobody_fails_the_step(
        self, alice: User, bob: User, vera: User, assignee: str, words: str
    ) -> None:
        set_active(member("Gone", "operator"), active=False, actor=alice)
        add_to_group(create_group(name="Viewers", actor=alice), vera, actor=alice)
        run = carry(started(published(bob, asking(assignees=[assignee])), bob))
        assert run.status == "failed"
        assert words in error_of(run)["message"]
        assert not Wait.objects.exists()

    def test_that_failure_may_be_a_branch(self, bob: User) -> None:
        definition = asking(assignees=["nobody@here.example"])
        definition["nodes"][1]["on_error"] = "branch"
        definition["edges"].append(
            {**definition["edges"][1], "source_port": "error", "target": "refuse"}
        )
        run = carry(started(published(bob, definition), bob))
        assert (run.status, run.outputs) == ("succeeded", "refused")


class TestForm:
    def test_values_are_checked_and_handed_on(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(fields=FIELDS)
        client, path = api_client(people["oscar"]), f"/api/v1/approvals/{wait.pk}/decide/"
        bad = {
            "amount": "12",
            "how": "Cash",
            "day": "31.1.2027",
            "checked": "yes",
            "note": 5,
            "x": 1,
        }
        answer = client.post(path, {"decision": "approved", "form": bad})
        assert answer.status_code == 422
        assert {each["field"] for each in answer.json()["errors"]} == {
            f"form.{name}" for name in bad
        }
        missing = client.post(path, {"decision": "approved"})
        assert [each["field"] for each in missing.json()["errors"]] == ["form.amount"]
        good = {"amount": 184.5, "day": "2027-01-31", "checked": True}
        assert client.post(path, {"decision": "approved", "form": good}).status_code == 200
        assert outputs(wait)["form"] == {**good, "how": "Card", "note": "Ada"}

    def test_who_rejects_need_not_fill_it_in(self, people: dict[str, User], ask: Ask) -> None:
        wait = decide(ask(fields=FIELDS), actor=people["oscar"], decision="rejected")
        assert wait.status == "decided"

    def test_the_page_has_the_fields_and_says_what_is_wrong(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(fields=FIELDS)
        client, path = browser(people["oscar"]), f"/approvals/{wait.pk}/decide/"
        page = client.get(f"/approvals/{wait.pk}/").content.decode()
        assert "Amount to refund" in page
        assert 'type="date"' in page
        assert page.count('type="radio"') == 2
        sent = {
            "decision": "approved",
            "form.amount": "",
            "form.day": "tomorrow",
            "form.how": "Card",
        }
        assert "Enter a valid date" in client.post(path, sent).content.decode()
        wrong = client.post(path, sent | {"form.day": ""})
        assert (wrong.status_code, "This field is required" in wrong.content.decode()) == (
            422,
            True,
        )
        client.post(
            path, sent | {"form.amount": "12", "form.day": "2027-01-31", "form.checked": "on"}
        )
        form = outputs(wait)["form"]
        assert form == {
            "amount": 12,
            "day": "2027-01-31",
            "how": "Card",
            "checked": True,
            "note": "Ada",
        }

    def test_an_answer_may_need_a_reason_of_its_own(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        actions = [DEFAULT_ACTIONS[0], {**DEFAULT_ACTIONS[1], "require_reason": True}]
        wait = ask(actions=actions)
        with pytest.raises(BadDecision) as caught:
            decide(wait, actor=people["oscar"], decision="rejected", comment=" ")
        assert caught.value.errors[0]["field"] == "comment"
        assert decide(wait, actor=people["oscar"], decision="approved").status == "decided"


class TestEdit:
    def test_the_edited_text_is_handed_on(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(edit="Dear {{ input.who }}")
        assert wait.value == "Dear Ada"
        decide(wait, actor=people["oscar"], decision="approved", value="Dear Ada,\nhello")
        assert outputs(wait)["value"] == "Dear Ada,\nhello"

    def test_json_is_edited_as_json(self, people: dict[str, User], ask: Ask) -> None:
        wait = ask(edit={"lines": [1, 2]})
        client, path = browser(people["oscar"]), f"/approvals/{wait.pk}/decide/"
        bad = client.post(path, {"decision": "approved", "value": "{"})
        assert (bad.status_code, "This is not JSON" in bad.content.decode()) == (422, True)
        client.post(path, {"decision": "approved", "value": '{"lines": [3]}'})
        assert outputs(wait)["value"] == {"lines": [3]}

    @pytest.mark.parametrize(
        ("edit", "value"),
        [(None, "x"), ("text", 5), ("text", "x" * 300_000), ({"a": 1}, float("nan"))],
    )
    def test_what_cannot_be_is_refused(
        self, people: dict[str, User], ask: Ask, edit: Any, value: Any
    ) -> None:
        wait = ask(edit=edit)
        with pytest.raises(BadDecision) as caught:
            decide(wait, actor=people["oscar"], decision="approved", value=value)
        assert caught.value.errors[0]["field"] == "value"

    def test_a_program_says_which_value_it_approves(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(edit="Pay 10")
        client, path = api_client(people["oscar"]), f"/api/v1/approvals/{wait.pk}/decide/"
        blind = client.post(path, {"decision": "approved"})
        assert (blind.status_code, blind.json()["errors"][0]["field"]) == (422, "value")
        assert not wait.votes.exists()
        assert client.post(path, {"decision": "approved", "value": "Pay 10"}).status_code == 200
        assert outputs(wait)["value"] == "Pay 10"

    def test_who_rejects_or_has_nothing_to_edit_sends_none(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        client = api_client(people["oscar"])
        for wait, decision in ((ask(edit="Pay 10"), "rejected"), (ask(), "approved")):
            answer = client.post(f"/api/v1/approvals/{wait.pk}/decide/", {"decision": decision})
            assert (answer.status_code, answer.json()["status"]) == (200, "decided")

    def test_an_edit_asks_those_anew_who_had_approved_before(
        self, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(assignees=emails(people), quorum=2, edit="Pay 10")
        decide(wait, actor=people["alice"], decision="approved")
        wait = decide(wait, actor=people["oscar"], decision="approved", value="Pay 10,000")
        assert (wait.status, wait.round) == ("open", 1)
        assert Wait.objects.awaiting(people["alice"]).exists()
        wait = decide(wait, actor=people["alice"], decision="approved")
        assert wait.status == "decided"
        output = outputs(wait)
        assert output["value"] == "Pay 10,000"
        assert [vote["round"] for vote in output["votes"]] == [0, 1, 1]


class TestRounds:
    def test_each_round_asks_by_itself(self, people: dict[str, User], alpha: Tenant) -> None:
        """Steps inside a step that goes through a list wait in frames of their own."""
        ask = node(
            "ask",
            "human.approval",
            config={"title": "Pay {{ item }}?", "assignees": ["{{ item }}"]},
            parent="each",
        )
        definition = {
            "schema": 1,
            "nodes": [
                node("start", "core.start", config={"fields": []}),
                node("each", "flow.each", config={"items": ["owner", "operator"]}),
                ask,
            ],
            "edges": [edge("start", "each")],
            "settings": {},
        }  # fmt: skip
        run = carry(started(published(people["bob"], definition), people["bob"]))
        assert run.status == "waiting", run.error
        for name, decision in (("oscar", "rejected"), ("alice", "approved")):
            (wait,) = Wait.objects.awaiting(people[name])
            assert wait.frame
            decide(wait, actor=people[name], decision=decision)
        run = carry(run)
        assert run.status == "succeeded", run.error
        rows = run.nodes.filter(node="ask").values_list("output__decision", flat=True)
        assert sorted(rows) == ["approved", "rejected"]
