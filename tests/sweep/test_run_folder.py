"""A run's folder is whole or not there."""

from pathlib import Path

import pytest

from evpilot.files import EvpilotError
from evpilot.sweep.run_folder import run_folder


def test_a_folder_appears_under_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "runs" / "one"
    with run_folder(target) as folder:
        (folder / "run.mcap").write_text("new")
        assert not target.exists()
    assert (target / "run.mcap").read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["one"]


def test_a_failure_leaves_the_older_run_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "one"
    target.mkdir()
    (target / "run.mcap").write_text("old")
    with pytest.raises(ZeroDivisionError), run_folder(target) as folder:
        (folder / "run.mcap").write_text(str(1 // 0))
    assert (target / "run.mcap").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_newer_run_takes_the_place_of_an_older_one_but_of_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "one"
    for text in ("old", "new"):
        with run_folder(target) as folder:
            (folder / "run.mcap").write_text(text)
    assert (target / "run.mcap").read_text() == "new"
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("years of work")
    with pytest.raises(EvpilotError, match="no run's folder"), run_folder(other):
        pass
    assert (other / "chapter.txt").read_text() == "years of work"
