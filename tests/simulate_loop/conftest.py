"""Lets this room's tests, and the child processes that they start, import `straight_road`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
