"""Lets this room's tests import `reactive_drive`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
