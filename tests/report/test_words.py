"""Sentences are made of few words."""

import pytest

from evpilot.report.words import brief, listed


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (["UN R157, automated lane keeping"], "UN R157"),
        (["UN R152: automatic emergency braking (M1)", "UN R157, automated lane keeping"], "UN R152 and UN R157"),
        (["UN R152: a", "FMVSS 127: b", "UN R152: a", "Faults: c"], "UN R152, FMVSS 127 and Faults"),
    ],
)
def test_suites_are_listed_by_their_short_names_each_once(titles: list[str], said: str) -> None:
    assert listed([brief(title) for title in titles]) == said
