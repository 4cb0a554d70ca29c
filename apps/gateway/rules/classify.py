"""One of several classes by the words that tell them apart."""

from dataclasses import dataclass

from apps.common.types import JSONDict
from apps.gateway.rules.words import STOP, stem, stems, words

# Words that mean a class although its name does not hold them; the key is matched like a word.
KIN: dict[str, str] = {
    "refund": "money back return reimburse repay chargeback cancel",
    "billing": "invoice charge charged payment paid card receipt price subscription bill tax debit twice",
    "payment": "invoice charge charged paid card receipt bill debit twice",
    "shipping": "delivery deliver delivered package parcel tracking carrier courier late arrive arrived lost order",
    "delivery": "shipping shipped package parcel tracking carrier courier late arrive arrived lost",
    "technical": "error crash bug broken login password fail failed install update loading website app screen",
    "bug": "error crash broken fail failed wrong exception",
    "account": "login password sign email profile access locked user username",
    "damaged": "broken defect defective cracked scratched faulty",
    "complaint": "angry disappointed unacceptable terrible worst bad poor annoyed",
    "return": "refund send back exchange",
    "urgent": "immediately asap now critical down outage emergency today deadline angry lawyer legal",
    "high": "urgent immediately asap critical down outage emergency deadline",
    "low": "question suggestion feedback whenever sometime idea",
    "sales": "buy purchase quote pricing demo offer seats licence license plan enterprise",
    "hot": "budget buy purchase demo pricing quote contract urgent asap week month seats enterprise decision director deadline trial",
    "warm": "interested considering evaluate compare maybe quarter information learn more brochure",
    "cold": "student newsletter unsubscribe free hobby personal research job no budget looking around",
    "qualified": "budget demo pricing quote contract seats enterprise decision timeline",
    "positive": "great love thanks thank happy excellent perfect good wonderful pleased",
    "negative": "bad angry terrible disappointed worst hate broken never poor awful",
    "spam": "winner prize casino loan click viagra crypto lottery unsubscribe",
    "question": "how what where when which can could does",
    "feedback": "suggestion idea wish improve like love feature",
    "praise": "great love thanks thank happy excellent perfect wonderful",
}
FALLBACK = ("other", "general", "unknown", "none", "misc", "rest", "neutral", "unclear")
NAMED, DESCRIBED, KINDRED = 3.0, 2.0, 1.0


@dataclass(frozen=True)
class Choice:
    """The class that fits best, and the words that spoke for it."""

    id: str
    reason: str


def choose(text: str, classes: list[JSONDict]) -> Choice:
    """Return the class whose words the text holds most of; ties go to the one listed first."""
    heard = {stem(word): word for word in words(text)}
    scored = [(*_score(each, heard), str(each["id"])) for each in classes]
    best = max((score for score, _, _ in scored), default=0.0)
    if best <= 0:
        rest = next((each for each in classes if _is_rest(each)), classes[-1])
        return Choice(str(rest["id"]), "The text holds no word that tells the classes apart.")
    _, found, chosen = next(entry for entry in scored if entry[0] == best)
    return Choice(chosen, f"The text holds: {', '.join(found[:6])}.")


def _score(each: JSONDict, heard: dict[str, str]) -> tuple[float, list[str]]:
    """Weigh the words of a class that are in the text."""
    name = f"{str(each['id']).replace('_', ' ')} {each.get('label', '')}"
    weights: dict[str, float] = {}
    if not _is_rest(each):
        for word in words(name):
            for kin in KIN.get(word, "").split():
                weights.setdefault(stem(kin), KINDRED)
    weights |= dict.fromkeys(stems(str(each.get("description", ""))), DESCRIBED)
    if not _is_rest(each):
        weights |= {stem(word): NAMED for word in words(name) if word not in STOP}
    found = [key for key in weights if key in heard]
    return sum(weights[key] for key in found), [heard[key] for key in found]


def _is_rest(each: JSONDict) -> bool:
    return any(word in FALLBACK for word in words(str(each["id"]).replace("_", " ")))
