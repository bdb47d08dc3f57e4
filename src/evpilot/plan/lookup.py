"""Looking things up in the corridors' stacked tables."""

from evpilot.geometry.jit import kernel
from evpilot.maps.reference import SPACING
from evpilot.types.state import Array


@kernel()
def sample(table: Array, start: int, count: int, s: float, column: int) -> float:
    """Linear interpolation in a stacked reference table; beyond an end the last value."""
    u = min(max(s / SPACING, 0.0), count - 1.000001)
    k = int(u)
    f = u - k
    return (1.0 - f) * table[start + k, column] + f * table[start + k + 1, column]
