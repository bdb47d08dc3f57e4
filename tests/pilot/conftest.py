"""Lets this room's tests, and the processes that they start, import the scenes of tests/plan."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "plan"))
