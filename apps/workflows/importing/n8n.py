"""An export of n8n as a workflow: structure, places, names and connections are kept.

What has no counterpart becomes a placeholder that keeps the original. Steps are drawn larger here,
so that places that would lie on each other are moved apart, all by the same factor.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from apps.common.types import JSON, JSONDict
from apps.workflows.definition import MAX_NODES
from apps.workflows.exceptions import BadDefinition
from apps.workflows.importing import n8n_loops, n8n_steps
from apps.workflows.importing.n8n_expressions import Texts
from apps.workflows.importing.n8n_loops import Link, Loop, find_loops
from apps.workflows.importing.n8n_steps import Step
from apps.workflows.importing.report import PLACEHOLDER, Entry, Report

NOTE = "n8n-nodes-base.stickyNote"
COLOURS = {1: "yellow", 2: "yellow", 3: "red", 4: "green", 5: "blue", 6: "purple", 7: "grey"}
WIDTH, HEIGHT, MOST = 300.0, 150.0, 3.0  # a step with the room around it; how far apart at most
NOTE_WIDTH, LETTERS_A_LINE, LINE = 340, 46, 20


def is_export(data: JSONDict) -> bool:
    """Tell whether a file is an export of n8n."""
    return isinstance(data.get("nodes"), list) and isinstance(data.get("connections"), dict)


def translated(data: JSONDict) -> tuple[JSONDict, JSONDict]:
    """Return name and definition of an export, and the report. Raises BadDefinition."""
    nodes = [_checked(place, each) for place, each in enumerate(data["nodes"])]
    if len(nodes) > MAX_NODES:
        raise BadDefinition(f"A workflow may have {MAX_NODES} steps; the file has {len(nodes)}.")
    workflow = _Workflow(nodes, data["connections"])
    definition = workflow.definition()
    if data.get("pinData"):
        workflow.report.remarks.append("Pinned data of n8n was left out.")
    if told := _settings_left(data.get("settings")):
        workflow.report.remarks.append(f"Settings of n8n were left out: {told}.")
    definition["notes"].append(workflow.report_note(definition["notes"]))
    return {"name": data.get("name"), "definition": definition}, workflow.report.as_json()


def _checked(place: int, node: JSON) -> JSONDict:
    if not isinstance(node, dict) or not all(
        isinstance(node.get(key), str) and node[key] for key in ("name", "type")
    ):
        raise BadDefinition.at(f"nodes.{place}", "A node of n8n has a name and a type.")
    return node


class _Workflow:
    """One export, on its way."""

    def __init__(self, nodes: list[JSONDict], connections: JSONDict) -> None:
        self.report = Report("n8n")
        self.notes = [node for node in nodes if node["type"] == NOTE]
        self.nodes = [node for node in nodes if node["type"] != NOTE]
        self.ids = _ids(nodes)
        self.inputs: dict[Link, set[int]] = defaultdict(set)
        links = list(self._links(connections))
        loops = find_loops(self.nodes, links)
        self.loops = {loop.name: loop for loop in loops}
        self.around = {name: [each for each in loops if name in each.inner] for name in self.ids}
        self.links = [link for link in links if not any(loop.turns(link) for loop in loops)]
        self.incoming: dict[str, set[str]] = defaultdict(set)
        self.outputs: dict[str, list[int]] = defaultdict(list)
        for source, kind, output, target in self.links:
            if kind == "main":  # others, such as a model, serve a step and hand it no data
                self.incoming[target].add(source)
            self.outputs[source].append(output)
        self.place = _Places(self.nodes)
        self.ports: dict[str, list[str]] = {}

    def definition(self) -> JSONDict:
        """Return the definition's JSON."""
        triggers = [node for node in self.nodes if n8n_steps.is_trigger(node["type"])]
        starts = sorted(triggers, key=lambda node: node.get("disabled") is True)[:1]
        steps = [self._step(node, is_start=node in starts) for node in self.nodes]
        notes = [self._note(node) for node in self.notes]
        return {
            "schema": 1, "nodes": steps, "edges": self._edges(), "notes": notes, "settings": {},
        }  # fmt: skip

    def report_note(self, notes: list[JSONDict]) -> JSONDict:
        """Return the report as a note above the upper left step and the other notes."""
        text = self.report.as_text()
        lines = sum(1 + len(line) // LETTERS_A_LINE for line in text.splitlines())
        size = [NOTE_WIDTH, LINE * (lines + 2)]
        x, y = self.place.corner
        y = min([y, *(note["position"][1] for note in notes if note["position"])])
        taken = set(self.ids.values())
        note_id = next(each for n in range(len(taken) + 1) if (each := f"import_{n}") not in taken)
        return {
            "id": note_id, "text": text, "colour": "blue", "position": [x, y - size[1] - 40],
            "size": size,
        }  # fmt: skip

    def _links(self, connections: JSONDict) -> Iterator[Link]:
        """Yield each connection as source, kind, output and target, all of them by name."""
        for source, kinds in connections.items():
            for kind, outputs in (kinds if isinstance(kinds, dict) else {}).items():
                for output, ends in enumerate(outputs if isinstance(outputs, list) else []):
                    for end in ends or []:
                        target = end.get("node") if isinstance(end, dict) else None
                        if source in self.ids and target in self.ids:
                            link = source, kind, output, str(target)
                            self.inputs[link].add(int(_number(end.get("index")) or 0))
                            yield link
                        else:
                            told = f"A connection from “{source}” to “{target}” leads nowhere."
                            self.report.remarks.append(told[:300])

    def _step(self, node: JSONDict, *, is_start: bool) -> JSONDict:
        given = node.get("parameters")
        parameters = given if isinstance(given, dict) else {}
        texts = self._texts(node["name"])
        if node["name"] in self.loops:
            made: Step | None = n8n_loops.step_of(parameters)
        else:
            made = _start(node) if is_start else n8n_steps.mapped(node["type"], parameters, texts)
        if made is None or (not is_start and self._lacks_a_way(node, made)):
            made, texts.left = self._placeholder(node), []
        if texts.left:
            made.remarks.append(f"rewrite {texts.left[0][:80]} in Python.")
        step = {**self._settings(node, made), "config": made.config}
        self.ports[node["name"]] = made.ports
        self.report.steps.append(
            Entry(step["id"], step["title"], node["type"], made.type, made.remarks)
        )
        return step

    def _lacks_a_way(self, node: JSONDict, made: Step) -> bool:
        """Tell whether the file uses an output that the counterpart does not have."""
        there = len(made.ports) + (node.get("onError") == "continueErrorOutput")
        return any(output >= there for output in self.outputs[node["name"]])

    def _settings(self, node: JSONDict, made: Step) -> JSONDict:
        step: JSONDict = {
            "id": self.ids[node["name"]], "type": made.type, "title": node["name"][:200],
            "position": self.place.of(node),
        }  # fmt: skip
        if around := self.around[node["name"]]:
            step["parent"] = self.ids[around[0].name]
        if isinstance(node.get("notes"), str):
            step["notes"] = node["notes"][:10_000]
        if node.get("disabled") is True:
            step["disabled"] = True
        if node.get("retryOnFail") is True:
            step["retry"] = _retry(node)
        error = node.get("onError")
        if error == "continueErrorOutput":
            step["on_error"] = "branch"
            made.ports = [*made.ports, "error"]
        elif error == "continueRegularOutput" or node.get("continueOnFail") is True:
            step["on_error"] = "continue"
        return step

    def _texts(self, name: str) -> Texts:
        """Return what translates the texts of a step: by what its data is called here."""
        roots = {each: f"nodes.{id_}.output" for each, id_ in self.ids.items()}
        around: list[Loop] = self.around[name]
        if around:  # the nearest alone: here `item` is that of the innermost loop
            roots[around[0].name] = "item"
        sources = len(self.incoming[name])
        is_first = bool(around) and name in around[0].first
        if sources + is_first > 1:
            return Texts(roots, None)
        return Texts(roots, "item" if is_first else "prev")

    def _placeholder(self, node: JSONDict) -> Step:
        """Keep a step's place, with as many ways on as the file uses."""
        used = self.outputs[node["name"]]
        errors = node.get("onError") == "continueErrorOutput"
        count = max([1, *(output + (0 if errors else 1) for output in used)])
        ways = [{"id": f"out_{n}", "label": f"Output {n + 1}"} for n in range(min(count, 50))]
        config = {"does": f"{node['type']} of n8n"[:500], "ways": ways, "original": node}
        ports = [str(way["id"]) for way in ways]
        remark = f"{node['type']} has no counterpart here."
        return Step(PLACEHOLDER, config, ports, [remark])

    def _edges(self) -> list[JSONDict]:
        """Return the connections; what n8n leads into several inputs leads into one here."""
        edges: dict[tuple[str, str, str], JSONDict] = {}
        for link in self.links:
            source, kind, output, target = link
            ports = self.ports.get(source, [])
            if source == target or not ports:
                self.report.remarks.append(f"A connection from “{source}” was left out.")
                continue
            port = ports[min(output, len(ports) - 1)]
            label = _input(self.inputs[link]) if kind == "main" else kind[:200]
            ends = self.ids[source], port, self.ids[target]
            edges[ends] = {
                "source": ends[0], "source_port": port, "target": ends[2], "label": label,
            }  # fmt: skip
        return list(edges.values())

    def _note(self, node: JSONDict) -> JSONDict:
        parameters = node.get("parameters") or {}
        width, height = (_number(parameters.get(key)) for key in ("width", "height"))
        fx, fy = self.place.factors
        return {
            "id": self.ids[node["name"]],
            "text": str(parameters.get("content") or "")[:20_000],
            "colour": COLOURS.get(parameters.get("color", 1), "yellow"),
            "position": self.place.of(node),
            "size": [round((width or 240) * fx), round((height or 160) * fy)],
        }


def _start(node: JSONDict) -> Step:
    remarks = []
    if node["type"] not in (f"{n8n_steps.BASE}manualTrigger", f"{n8n_steps.BASE}start"):
        kind = node["type"].rsplit(".", 1)[-1]
        remarks.append(f"it was a {kind}: make a trigger that starts this workflow.")
    return Step("core.start", {"fields": []}, remarks=remarks)


def _input(inputs: set[int]) -> str:
    """Say which inputs of a step a connection led into, where that is not just the first."""
    if inputs == {0}:
        return ""
    numbers = ", ".join(str(each + 1) for each in sorted(inputs))
    return f"input{'s' if len(inputs) > 1 else ''} {numbers}"[:200]


def _settings_left(settings: JSON) -> str:
    known = sorted(set(settings) - {"executionOrder"}) if isinstance(settings, dict) else []
    return ", ".join(known)[:200]


def _retry(node: JSONDict) -> JSONDict:
    tries, between = _number(node.get("maxTries")), _number(node.get("waitBetweenTries"))
    retry: JSONDict = {"max_attempts": int(min(20, max(1, tries or 3)))}
    if between and between > 0:
        retry["initial_s"] = min(3600, between / 1000)
    return retry


def _ids(nodes: list[JSONDict]) -> dict[str, str]:
    """Return an id for each name: the name itself as far as an id may have it."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for node in nodes:
        if node["name"] in ids:
            raise BadDefinition(f"Two nodes of the file are called “{node['name'][:200]}”.")
        words = re.sub(r"[^a-z0-9]+", "_", node["name"].lower()).strip("_")[:48]
        stem = words if words[:1].isalpha() else f"step_{words}".rstrip("_")
        count, each = 1, stem
        while each in taken:
            count += 1
            each = f"{stem}_{count}"
        ids[node["name"]] = each
        taken.add(each)
    return ids


class _Places:
    """Where steps stand: as in the file, moved apart where two would lie on each other."""

    def __init__(self, nodes: list[JSONDict]) -> None:
        self.points = [point for node in nodes if (point := _point(node))]
        xs, ys = ({point[axis] for point in self.points} for axis in (0, 1))
        self.corner = (min(xs, default=0.0), min(ys, default=0.0))
        self.factors = self._factors()

    def _factors(self) -> tuple[float, float]:
        """Return the least factors that keep neighbours apart, one for each direction."""
        beside = [
            abs(a[0] - b[0])
            for a, b in _near(self.points)
            if abs(a[1] - b[1]) < HEIGHT and abs(a[0] - b[0]) >= WIDTH / 4
        ]
        below = [
            abs(a[1] - b[1])
            for a, b in _near(self.points)
            if abs(a[0] - b[0]) < WIDTH / 4 and a[1] != b[1]
        ]
        wide = min(MOST, max(1.0, WIDTH / min(beside, default=WIDTH)))
        high = min(MOST, max(1.0, HEIGHT / min(below, default=HEIGHT)))
        return wide, high

    def of(self, node: JSONDict) -> list[float] | None:
        """Return where a node stands here; None where the file does not say."""
        point = _point(node)
        if point is None:
            return None
        places = zip(point, self.corner, self.factors, strict=True)
        return [round(corner + (at - corner) * factor) for at, corner, factor in places]


def _near(points: list[tuple[float, float]]) -> Iterator[tuple[tuple[float, float], ...]]:
    """Yield the pairs that are near enough to lie on each other; each point looks to its right."""
    ordered = sorted(points)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 : place + 200]:
            if other[0] - one[0] >= WIDTH:
                break
            if abs(other[1] - one[1]) < HEIGHT:
                yield one, other


def _point(node: JSONDict) -> tuple[float, float] | None:
    given = node.get("position")
    if not isinstance(given, list) or len(given) != 2:
        return None
    x, y = map(_number, given)
    return None if x is None or y is None else (x, y)


def _number(value: JSON) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 1e6 else None
