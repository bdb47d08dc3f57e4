"""What the front page links to and shows is there, and what CI runs can be run."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)\)")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        assert "://" in target or (ROOT / target).exists(), target


def test_the_front_page_starts_with_a_picture() -> None:
    first = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0]
    (picture,) = LINK.findall(first)
    assert first.startswith("![")
    assert (ROOT / picture).stat().st_size > 1000


def test_the_example_of_a_pilot_is_as_short_as_the_front_page_says() -> None:
    assert len((ROOT / "examples" / "my_pilot.py").read_text(encoding="utf-8").splitlines()) < 40


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has executable bits")
def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
