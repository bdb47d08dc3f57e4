"""The safety case as claims, arguments and evidence (after GSN and UL 4600); a skeleton that links into the dossier."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from evpilot.report.dossier import overview, sections
from evpilot.report.dossier.evidence import Evidence
from evpilot.report.dossier.standing import GAPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """kind: claim, argument, evidence, assumption or defeater; state: pass, fail, gap or na; to: an anchor of the page,
    or empty."""

    kind: str
    text: str
    state: str = "na"
    to: str = ""
    below: tuple["Node", ...] = field(default=())


def tree(all_evidence: Sequence[Evidence]) -> Node:
    """The whole case: a claim holds only when all that it rests on does."""
    suites = tuple(_suite(each) for each in all_evidence)
    simulator = tuple(_simulator(each) for each in all_evidence)
    open_claims = tuple(
        Node(kind="claim", text=f"{place}: {text[0].lower()}{text[1:]}", state="gap", to="gaps")
        for place, text, _ in GAPS
    )
    hazards = Node(kind="claim", text="all hazards and triggering conditions are known", state="gap", to="hazards")
    parts = (
        Node(
            kind="argument",
            text="over the clauses that concern driving: each is shown on cases",
            state=_joint(suites),
            below=suites,
        ),
        Node(
            kind="argument",
            text="over the means: what the simulator says is so",
            state=_joint(simulator),
            below=(*simulator, _assumptions()),
        ),
        Node(
            kind="argument",
            text="over what no simulation shows",
            state="gap",
            below=(hazards, *open_claims),
        ),
    )
    pilot = all_evidence[0].conditions["pilot"]
    claim = f"pilot {pilot} is acceptably safe in the domain of the cases driven, simulated at object level"
    return Node(kind="claim", text=claim, state=_joint(parts), to="top", below=parts)


def _suite(evidence: Evidence) -> Node:
    leaves: list[Node] = []
    for line in overview.trace([evidence]):
        state, word = line["verdict"]
        text = f"{line['place']}: {line['requirement']}"
        shown = f"{line['cases']:,} cases: {word}" if line["cases"] else "no case"
        below = [Node(kind="evidence", text=shown, state=state, to="trace")]
        if not line["confirmed"]:
            below.append(Node(kind="defeater", text="figures not read in the official text", state="gap", to="trace"))
        leaves.append(Node(kind="claim", text=text, state=_joint(below), to="trace", below=tuple(below)))
    if len(evidence.rows) < evidence.whole:
        text = f"{evidence.whole - len(evidence.rows):,} cases of the suite were not driven"
        leaves.append(Node(kind="defeater", text=text, state="gap", to="coverage"))
    leaves += [
        Node(kind="evidence", text=f"demand not met: {demand}", state="fail", to="verdicts")
        for demand in evidence.summary["demands_not_met"]
    ]
    text = f"{evidence.suite.title}: every clause is met"
    return Node(kind="claim", text=text, state=_joint(leaves), to="verdicts", below=tuple(leaves))


def _simulator(evidence: Evidence) -> Node:
    leaves = tuple(
        Node(kind="evidence", text=f"{what}: {measured}", state=state, to="credibility")
        for state, what, measured, _ in sections.credible(evidence)
    )
    text = f"the simulator is credible for the cases of {evidence.suite.title}"
    return Node(kind="claim", text=text, state=_joint(leaves), to="credibility", below=leaves)


def _assumptions() -> Node:
    return Node(
        kind="assumption",
        text="the car's parameters and the objects given to the pilot are those of the real car",
        state="gap",
        to="limits",
    )


def _joint(nodes: Sequence[Node]) -> str:
    states = {node.state for node in nodes}
    return next((state for state in ("fail", "gap", "pass") if state in states), "na")
