"""The lock file pins all that the project asks for, by name and version and nothing else."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([0-9][A-Za-z0-9.!+]*)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line and line[0] != "#"]
    found = [PIN.fullmatch(line) for line in lines]
    assert all(found), f"not name==version: {[line for line, ok in zip(lines, found, strict=True) if not ok]}"
    return {canonical(match[1]): match[2] for match in found if match}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in ("dev",):
        asked += project["project"]["optional-dependencies"][extra]
    names = [NAME.match(text) for text in asked]
    return {canonical(name[0]): text for name, text in zip(names, asked, strict=True) if name}


def test_every_dependency_is_pinned_at_a_version_that_the_project_allows() -> None:
    locked = pins()
    for name, text in wanted().items():
        assert name in locked, f"{name} is not pinned; run make lock"
        for low in re.findall(r">=\s*([0-9.]+)", text):
            assert _version(locked[name]) >= _version(low), f"{name} {locked[name]} is older than {text} allows"


def test_the_lock_holds_no_address_and_no_pin_twice() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert "@" not in text
    assert len(pins()) == len([line for line in text.splitlines() if line and line[0] != "#"])


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
