"""Two pilots on the same scenarios: what the second does better, and what worse.

Usage: python examples/score_two_pilots.py FOLDER
"""

import sys

import evpilot
from evpilot.sweep.results import compare
from evpilot.sweep.settings import Settings

if __name__ == "__main__":  # the worker processes import this file
    folder = sys.argv[1] if len(sys.argv) > 1 else "library"
    evpilot.score(folder, Settings(pilot="idm"), out="results/idm")
    evpilot.score(folder, Settings(pilot="evpilot"), out="results/evpilot")
    changes, both = compare("results/idm", "results/evpilot")
    for change in changes:
        print("+" if change.better > 0 else "-", change.case, change.what)
    print(both, "cases in both")
