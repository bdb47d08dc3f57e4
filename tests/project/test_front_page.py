"""What the front page links to and shows is there, and what CI runs can be run."""

import itertools
import os
import re
from pathlib import Path

import pytest
import typer

from evpilot.cli import app
from evpilot.scenarios import library

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#\s]+)\)")


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/driving.md", "docs/porting.md", "docs/energy.md", "docs/results.md"]
)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        assert "://" in target or (ROOT / page).parent.joinpath(target).exists(), target


def test_every_family_is_shown_with_its_line_and_a_small_picture() -> None:
    page = (ROOT / "docs" / "driving.md").read_text(encoding="utf-8")
    for name in library.names():
        assert f"**`{name}`**: {library.describe(name)}\n\n![{name}](driving/{name}.svg)" in page
    sizes = [path.stat().st_size for path in (ROOT / "docs" / "driving").iterdir()]
    assert len(sizes) == len(library.names()) and max(sizes) < 60_000 and sum(sizes) < 1_500_000


@pytest.mark.parametrize(
    "page", ["README.md", "docs/driving.md", "docs/porting.md", "docs/evidence.md", "docs/energy.md"]
)
def test_every_command_of_a_page_is_one_that_there_is(page: str) -> None:
    """Each option and each built-in name of the commands as they stand there."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.partition("#")[0].split() for block in blocks for line in block.splitlines()]
    commands = typer.main.get_command(app)
    for words in (line for line in lines if line[:1] == ["evpilot"]):
        command = commands.get_command(commands.make_context("evpilot", [], resilient_parsing=True), words[1])  # type: ignore[attr-defined]
        assert command is not None, words
        parts = getattr(command, "commands", {})
        command = parts.get(words[2], parts.get("run")) if parts else command
        options = {name for option in command.params for name in option.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= options, words
        if words[1] == "drive":
            asked = [
                word
                for before, word in itertools.pairwise(words[1:])
                if not word.startswith("--") and not before.startswith("--")
            ]
            names = [word for word in asked if "/" not in word and word.isidentifier()]
            assert all(library.parse(name) for name in names), words


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
