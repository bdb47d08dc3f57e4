"""A killed sweep loses nothing that it had acknowledged, and takes over nothing that is of another sweep."""

import json
from pathlib import Path

import pytest

from evpilot.files import EvpilotError
from evpilot.sweep.journal import Journal

CONDITIONS: dict[str, object] = {"seeds": [0], "traffic": "replay"}


def test_an_added_row_is_on_disk_before_the_journal_is_closed(tmp_path: Path) -> None:
    with Journal(tmp_path / "deep" / "journal.jsonl", CONDITIONS, resume=False) as journal:
        journal.add({"case": "a", "score": 0.5})
        lines = (tmp_path / "deep" / "journal.jsonl").read_text().splitlines()
    assert json.loads(lines[1]) == {"case": "a", "score": 0.5}


def test_resuming_takes_over_whole_rows_and_drops_one_that_a_kill_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, CONDITIONS, resume=False) as journal:
        journal.add({"case": "a"})
    with path.open("ab") as file:
        file.write(b'{"case": "b", "sco')
    with Journal(path, CONDITIONS, resume=True) as journal:
        assert journal.rows == [{"case": "a"}]
        journal.add({"case": "c"})
    with Journal(path, CONDITIONS, resume=True) as journal:
        assert journal.rows == [{"case": "a"}, {"case": "c"}]


def test_without_resume_the_journal_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for _ in range(2):
        with Journal(path, CONDITIONS, resume=False) as journal:
            journal.add({"case": "a"})
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (json.dumps(CONDITIONS | {"seeds": [1]}) + "\n", "another seeds"),
        (json.dumps(CONDITIONS) + "\nnot json\n", "line 2"),
        (json.dumps(CONDITIONS) + "\n[1]\n", "line 2"),
    ],
)
def test_a_journal_of_another_sweep_or_a_broken_one_is_refused(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(content)
    with pytest.raises(EvpilotError, match=told):
        Journal(path, CONDITIONS, resume=True)
    assert path.read_text() == content


def test_a_row_with_a_nan_is_a_mistake_that_is_noticed(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "journal.jsonl", CONDITIONS, resume=False) as journal,
        pytest.raises(ValueError, match="JSON compliant"),
    ):
        journal.add({"score": float("nan")})
