"""Lets this room's tests import each other's scenes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
