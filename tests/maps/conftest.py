"""Lets this room's tests import `made_maps`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
