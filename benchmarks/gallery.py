"""The pictures of docs/driving.md: every built-in family driven at one seed, judged, and drawn where most happens.

python benchmarks/gallery.py [--seed 0] [--family NAME ...] [--out docs/driving]
"""

import argparse
from pathlib import Path

import evpilot
from evpilot.evaluate import judge
from evpilot.report import animated
from evpilot.scenarios.library.catalogue import names


def main() -> None:
    """Drive, judge and draw each family; print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", action="append", default=[], choices=names(long=True))
    parser.add_argument("--out", type=Path, default=Path("docs/driving"))
    asked = parser.parse_args()
    good = 0
    families = asked.family or names()
    for name in families:
        run = evpilot.drive(name, seed=asked.seed)
        verdict = judge(run)
        animated.write(run, asked.out / f"{name}.svg")
        good += verdict.success
        print(
            f"{name:22s} {'success' if verdict.success else 'short of: ' + ', '.join(verdict.shortfalls)}", flush=True
        )
    print(f"{good} of {len(families)} with nothing amiss at seed {asked.seed}")


if __name__ == "__main__":
    main()
