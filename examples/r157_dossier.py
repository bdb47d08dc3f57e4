"""A pilot taken through UN R157, and its dossier.

Usage: python examples/r157_dossier.py [PILOT] [EVERY]; by default the IDM pilot on every 400th case of each group.
"""

import sys

from evpilot.sweep.settings import Settings
from evpilot.sweep.warm import warm_up

if __name__ == "__main__":  # the worker processes import this file
    pilot = sys.argv[1] if len(sys.argv) > 1 else "idm"
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    warm_up()

    from evpilot.report.dossier import write
    from evpilot.sweep.suites import run_suite

    results = run_suite("r157", Settings(pilot=pilot), every=every, out=f"results/r157-{every}")
    print(results.summary["verdicts"])
    print(write([results.folder], results.folder.parent / "dossier", replays=6))
