#!/usr/bin/env python3
"""CommonRoad's official verdict on evpilot's drives through a folder of recorded scenarios.

Usage: benchmarks/verdict.py FOLDER [--groups recorded_ngsim ...] [--workers 2] [--files NAME ...] [--resume]

Drives every scenario below FOLDER with the exact kinematic model (`evpilot score --solutions`), has CommonRoad's own
checker judge the solutions, and prints for each group (subfolder) how many are valid, navigation and survival goals
apart, then every one that is not, with the checker's word and evpilot's own. The checker lives in an environment of its
own, .bench/verdict, set up at the first run; its script is named by EVPILOT_VERDICT or found in ../shared/tools.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from environments import ROOT, environment

from evpilot.sweep.results import read_rows
from evpilot.sweep.table import Row

SCRIPT = Path(os.environ.get("EVPILOT_VERDICT", ROOT / ".." / "shared" / "tools" / "commonroad_verdict.py")).resolve()


def drive_all(folder: Path, out: Path, workers: int, resume: bool) -> list[Row]:
    """Drive every scenario below a folder; the solutions go to out/solutions."""
    command = [sys.executable, "-m", "evpilot", "score", str(folder), "--out", str(out)]
    command += ["--solutions", str(out / "solutions"), "--workers", str(workers), *(["--resume"] if resume else [])]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return read_rows(out)


def verdicts(files: list[Path], solutions: Path, work: Path, workers: int) -> dict[str, str]:
    """The checker's word for each scenario file's name (without .xml), judged in parallel parts."""
    parts: list[Path] = []
    for number in range(workers):
        part = work / f"part{number}"
        part.mkdir(parents=True, exist_ok=True)
        for old in part.iterdir():
            old.unlink()
        for file in files[number::workers]:
            (part / file.name).symlink_to(file.resolve())
        parts.append(part)
    python = environment("verdict")

    found: dict[str, str] = {}
    with ThreadPoolExecutor(workers) as pool:
        for one in pool.map(lambda part: judge(python, part, solutions), parts):
            found |= one
    return found


def judge(python: Path, part: Path, solutions: Path) -> dict[str, str]:
    """The checker's words on the scenarios of a folder. Its compiled part may crash: that is the word on the scenario
    in hand, and it is started again for the rest, whose links alone are left in the folder."""
    found: dict[str, str] = {}
    while True:
        done = subprocess.run([python, SCRIPT, part, solutions], capture_output=True, text=True, cwd=part.parent)
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found |= {row["scenario"]: row["verdict"] for row in rows if "verdict" in row}
        left = sorted(file for file in part.iterdir() if short(file.name) not in found)
        if done.returncode > 0:
            raise SystemExit(f"the checker ended with {done.returncode}: {done.stderr[-300:]}")
        if done.returncode == 0 or not left:
            return found
        found[short(left[0].name)] = f"the checker crashed (signal {-done.returncode})"
        for file in part.iterdir():
            if short(file.name) in found:
                file.unlink()


def short(name: str) -> str:
    """A scenario file's name as the checker says it."""
    return name.removesuffix(".xml").removesuffix(".cr")


def why(row: Row, word: str) -> str:
    """Why a scenario is not solved: the checker's word, and what evpilot's judge saw."""
    if row["error"]:
        return f"{word}: {row['error']}"
    seen = [f"ended: {row['outcome']} after {row['duration_s']:.1f} s"]
    if not row["goal_reached"]:
        seen.append("goal missed")
    if row["collisions"]:
        seen.append(f"{row['collisions']} collisions, {row['collisions_at_fault']} at fault")
    if row["collisions_at_start"]:
        seen.append("starts in collision")
    if row["offroad"]:
        seen.append("off road")
    if row["offroad_at_start"]:
        seen.append("starts off road")
    if row["faults"]:
        seen.append(f"{row['faults']} faults")
    return f"{word}; {', '.join(seen)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--groups", nargs="*", help="only these subfolders")
    parser.add_argument("--files", nargs="*", help="only scenarios whose name holds one of these")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="take over the drives of the last run")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "verdict")
    args = parser.parse_args()
    out = args.out.resolve()
    folder = args.folder.resolve()
    files = sorted(
        file
        for file in folder.rglob("*.xml")
        if (not args.groups or set(file.relative_to(folder).parts) & set(args.groups))
        and (not args.files or any(part in file.name for part in args.files))
    )
    chosen = out / "scenarios"
    for old in sorted(chosen.rglob("*.xml")):
        old.unlink()
    for file in files:
        link = chosen / file.parent.relative_to(folder) / file.name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    began = time.perf_counter()
    rows = {row["case"]: row for row in drive_all(chosen, out, args.workers, args.resume)}
    driven = time.perf_counter()
    words = verdicts(files, out / "solutions", out / "checked", args.workers)
    report(rows, words)
    summary = json.loads((out / "summary.json").read_text())
    keys = (
        "goal_reached",
        "collisions_at_fault",
        "offroad",
        "errors",
        "plan_ms_p50",
        "plan_ms_p99",
        "real_time_factor",
    )
    print("\nevpilot's own judge:", {key: summary[key] for key in (*keys, "memory_mb_max")})
    print(f"drove in {driven - began:.0f} s, judged in {time.perf_counter() - driven:.0f} s")


def report(rows: dict[str, Row], words: dict[str, str]) -> None:
    """Print the unsolved with their reasons, then the counts of each group."""
    counts: dict[tuple[str, str], list[int]] = collections.defaultdict(lambda: [0, 0])
    unsolved: list[tuple[str, str, str]] = []
    record: list[dict[str, object]] = []
    for case, row in sorted(rows.items()):
        name = short(Path(case).name)
        group = Path(case).parent.as_posix()
        kind = "unread" if row["error"] else "survival" if row["survival_goal"] else "navigation"
        word = words.get(name, "not judged")
        counts[group, kind][0] += word == "valid"
        counts[group, kind][1] += 1
        record.append({"case": case, "kind": kind, "verdict": word, "valid": word == "valid"})
        if word != "valid":
            unsolved.append((group, name, f"[{kind}] {why(row, word)}"))
    for group, name, reason in unsolved:
        print(f"{group}/{name}: {reason}")
    print(f"\n{'group':28s} {'goal':12s} {'valid':>6s} {'of':>5s}")
    for (group, kind), (valid, total) in sorted(counts.items()):
        print(f"{group:28s} {kind:12s} {valid:6d} {total:5d}")
    print(f"{'all':41s} {sum(v for v, _ in counts.values()):6d} {len(rows):5d}")
    print(json.dumps({"valid": sum(bool(r["valid"]) for r in record), "scenarios": len(record)}))


if __name__ == "__main__":
    main()
