"""`python -m bench.routing [url]`: what choosing by cost saves, and at which quality.

(a) On outcomes of two real models that RouteLLM published: `url` names its source as a `.tar.gz`, such as
`https://codeload.github.com/lm-sys/RouteLLM/tar.gz/main`, or a file by `file://`. Nothing there can be checked, so it is the
floor of quality that chooses. Without a url, or where it cannot be had, it says "not run".
(b) On a synthetic set (`bench.routing_set`): made up, wrong in ways that models are; the checks are those of the product.

Policies: always the strong one, always the weak one, a random mix of the same quality as ours, ours, and an oracle. One line of
JSON: dollars saved against the strong one, and quality as a share of its, each with a 95 % interval of the bootstrap.
"""

import csv
import io
import json
import os
import random
import sys
import tarfile
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from apps.gateway.asks import estimated_tokens
from apps.gateway.checks.said import Said
from apps.gateway.checks.verdicts import checks_of, verdict_of
from apps.gateway.routes.candidates import Allowed, Candidate, Need
from apps.gateway.routes.choice import Inputs, choose
from apps.gateway.routes.policy import Policy, Prefer, Verify
from apps.gateway.routes.priors import lower_bound
from bench.routing_set import Case, cases

WEAK_USD, STRONG_USD = (Decimal("0.6"), Decimal("0.6")), (Decimal(10), Decimal(30))
LETTER_TOKENS = 5  # of an answer that is one of four letters
MOST_BYTES, PATIENCE_S = 200 << 20, 60
ROUNDS, SEED = 1_000, 71
GOAL = {"saved": 0.35, "quality": 0.99}


@dataclass(frozen=True)
class Outcome:
    """One prompt, and how the two models did on it."""

    task: str
    weak_right: bool
    strong_right: bool
    weak_usd: float
    strong_usd: float


@dataclass(frozen=True)
class Taken:
    """What a policy did with one prompt."""

    right: float
    usd: float


def candidate(model: str, **more: Any) -> Candidate:
    """Return one of the two models as the choice sees it."""
    usd = WEAK_USD if model == "weak" else STRONG_USD
    return Candidate(
        provider="bench", model=model, input_usd=usd[0], output_usd=usd[1],
        order=int(model == "strong"), **more,
    )  # fmt: skip


def cost(model: str, sent: int, said: int) -> float:
    """Return what tokens cost, in dollars."""
    price = WEAK_USD if model == "weak" else STRONG_USD
    return float(price[0] * sent + price[1] * said) / 1_000_000


# --- (a) real outcomes, nothing to check by


def read(url: str) -> list[Outcome]:
    """Read the published outcomes out of an archive. Raises OSError."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        packed = io.BytesIO(answer.read(MOST_BYTES))
    found: list[Outcome] = []
    with tarfile.open(fileobj=packed) as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            file = archive.extractfile(member) if name.endswith(".csv") else None
            if file is not None and (name.startswith("mmlu_") or name == "gsm8k_responses.csv"):
                found += _outcomes(name.removesuffix(".csv"), file.read().decode())
    return found


def _outcomes(task: str, text: str) -> Iterator[Outcome]:
    for row in csv.DictReader(io.StringIO(text)):
        names = [each for each in row if each != "prompt" and not each.endswith("_response")]
        weak, strong = sorted(names, key=lambda name: name.startswith("gpt-4"))
        sent = estimated_tokens(row["prompt"])
        said = {
            name: estimated_tokens(row[f"{name}_response"])
            if f"{name}_response" in row
            else LETTER_TOKENS
            for name in (weak, strong)
        }
        yield Outcome(
            task, row[weak] == "True", row[strong] == "True",
            cost("weak", sent, said[weak]), cost("strong", sent, said[strong]),
        )  # fmt: skip


def by_floor(learnt: dict[str, tuple[int, int]], floor: float) -> Callable[[Outcome], bool]:
    """Return who is asked, as the product chooses by a floor: true for the weak one."""
    strong = candidate("strong", quality=1.0)
    policy = Policy(prefer=Prefer.COST, quality_floor=floor)

    def decided(task: str) -> bool:
        passed, failed = learnt.get(task, (0, 0))
        weak = candidate(
            "weak", passed=passed, failed=failed, bound=lower_bound(passed, failed), quality=0.0
        )
        need = Need(input_tokens=500, output_tokens=100, task=task)
        inputs = Inputs(
            seed="s", need=need, policy=policy, allowed=Allowed(), candidates=(weak, strong)
        )
        return choose(inputs).ranked[0] == 0

    chosen = {task: decided(task) for task in learnt}
    return lambda outcome: chosen.get(outcome.task, False)


def replay_outcomes(outcomes: list[Outcome]) -> dict[str, Any]:
    """Learn from one half and choose a floor there; measure on the other half."""
    draw = random.Random(SEED)
    draw.shuffle(outcomes)
    half = len(outcomes) // 2
    known, tested = outcomes[:half], outcomes[half:]
    learnt: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in known:
        learnt[each.task][not each.weak_right] += 1
    counts = {task: (passed, failed) for task, (passed, failed) in learnt.items()}
    floors = [step / 200 for step in range(201)]
    fitting = [floor for floor in floors if _quality(known, by_floor(counts, floor)) >= 0.99]
    ours = by_floor(counts, min(fitting))
    taken = [_taken(each, weak=ours(each)) for each in tested]
    wanted = _mean(taken) / _mean([_taken(each, weak=False) for each in tested])
    return {
        "prompts": len(tested), "floor": min(fitting),
        "policies": _reports(tested, taken, _share(tested, wanted), draw),
    }  # fmt: skip


def _quality(outcomes: Sequence[Outcome], ours: Callable[[Outcome], bool]) -> float:
    strong = _mean([_taken(each, weak=False) for each in outcomes])
    return _mean([_taken(each, weak=ours(each)) for each in outcomes]) / strong


def _taken(outcome: Outcome, *, weak: bool) -> Taken:
    if weak:
        return Taken(outcome.weak_right, outcome.weak_usd)
    return Taken(outcome.strong_right, outcome.strong_usd)


def _share(outcomes: Sequence[Outcome], wanted: float) -> float:
    """Return the share of prompts that a random mix gives to the weak one, for a quality."""
    strong = _mean([_taken(each, weak=False) for each in outcomes])
    weak = _mean([_taken(each, weak=True) for each in outcomes])
    return min(1.0, max(0.0, (strong - wanted * strong) / (strong - weak)))


def _oracle(outcome: Outcome) -> Taken:
    return _taken(outcome, weak=outcome.weak_right or not outcome.strong_right)


def _reports(
    outcomes: Sequence[Outcome], ours: list[Taken], share: float, draw: random.Random
) -> dict[str, Any]:
    strong = [_taken(each, weak=False) for each in outcomes]
    mixed = [_taken(each, weak=draw.random() < share) for each in outcomes]
    policies = {
        "always_strong": strong,
        "always_weak": [_taken(each, weak=True) for each in outcomes],
        "random": mixed,
        "ours": ours,
        "oracle": [_oracle(each) for each in outcomes],
    }
    return {name: report(taken, strong, draw) for name, taken in policies.items()}


# --- (b) made up answers, the checks of the product


def replay_cases(made: Sequence[Case]) -> dict[str, Any]:
    """Climb from the weak one as the product does, with its checks."""
    draw = random.Random(SEED)
    outcomes, ours, verdicts = [], [], []
    for case in made:
        checks = checks_of(case.ask)
        holds = [verdict_of(Said(**vars(each)), case.ask, checks).passed for each in case.answers]
        sent, said = case.ask.input_tokens(), case.said_tokens
        usd = [cost("weak", sent, said), cost("strong", sent, said)]
        outcome = Outcome(case.task, case.right[0], case.right[1], usd[0], usd[1])
        outcomes.append(outcome)
        ours.append(_climbed(outcome, holds, checks, sent, said))
        verdicts.append((case.right[0], holds[0]))
    wanted = _mean(ours) / _mean([_taken(each, weak=False) for each in outcomes])
    right = [held for is_right, held in verdicts if is_right]
    wrong = [held for is_right, held in verdicts if not is_right]
    return {
        "synthetic": True, "cases": len(made),
        "right_answers_passed": round(sum(right) / len(right), 4),
        "wrong_answers_failed": round(1 - sum(wrong) / len(wrong), 4),
        "policies": _reports(outcomes, ours, _share(outcomes, wanted), draw),
    }  # fmt: skip


def _climbed(
    outcome: Outcome, holds: list[bool], checks: tuple[str, ...], sent: int, said: int
) -> Taken:
    """Return what a call ends with: the first answer that holds, else the last."""
    need = Need(input_tokens=sent, output_tokens=said, task=outcome.task, checks=checks)
    policy = Policy(prefer=Prefer.COST, verify=Verify.ESCALATE, explore=0)
    both = (candidate("weak"), candidate("strong"))
    inputs = Inputs(seed="s", need=need, policy=policy, allowed=Allowed(), candidates=both)
    right, spent = [outcome.weak_right, outcome.strong_right], 0.0
    usd = [outcome.weak_usd, outcome.strong_usd]
    ranked = list(choose(inputs).ranked)
    place = ranked.pop(0)
    while True:
        spent += usd[place]
        ranked = [each for each in ranked if inputs.is_stronger(both[each], both[place])]
        if holds[place] or not ranked:
            return Taken(right[place], spent)
        place = ranked.pop(0)


# --- figures


def _mean(taken: Sequence[Taken]) -> float:
    return sum(each.right for each in taken) / len(taken)


def report(taken: list[Taken], strong: list[Taken], draw: random.Random) -> dict[str, Any]:
    """Return what a policy saved and its quality, as shares of the strong one's, with intervals."""
    pairs = list(zip(taken, strong, strict=True))
    saved, quality = _figures(pairs)
    rounds = [_figures(draw.choices(pairs, k=len(pairs))) for _ in range(ROUNDS)]
    return {
        "saved": round(saved, 4), "saved_95": _interval([each[0] for each in rounds]),
        "quality": round(quality, 4), "quality_95": _interval([each[1] for each in rounds]),
    }  # fmt: skip


def _figures(pairs: Sequence[tuple[Taken, Taken]]) -> tuple[float, float]:
    usd, right = sum(one.usd for one, _ in pairs), sum(one.right for one, _ in pairs)
    full, best = sum(other.usd for _, other in pairs), sum(other.right for _, other in pairs)
    return 1 - usd / full, right / best


def _interval(values: list[float]) -> list[float]:
    ordered = sorted(values)
    return [round(ordered[int(share * (len(ordered) - 1))], 4) for share in (0.025, 0.975)]


def main(url: str) -> None:
    """Measure both, and print one line."""
    result: dict[str, Any] = {"bench": "routing", "goal": GOAL, "routellm": "not run"}
    if url:
        try:
            result["routellm"] = replay_outcomes(read(url))
        except (OSError, tarfile.TarError) as error:
            print(f"The outcomes cannot be had: {error}", file=sys.stderr)
    result["checks"] = replay_cases(cases(SEED))
    ours = result["checks"]["policies"]["ours"]
    result["met"] = all(ours[name] >= least for name, least in GOAL.items())
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
