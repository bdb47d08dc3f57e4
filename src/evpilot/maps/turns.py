"""To which side a turn leads."""

from evpilot.geometry.jit import kernel
from evpilot.types import Turn

LEFT, RIGHT, U_TURN = int(Turn.LEFT), int(Turn.RIGHT), int(Turn.U_TURN)


@kernel()
def side_of(turn: int) -> int:
    """1 for a turn to the left, -1 to the right, 0 for none."""
    if turn == RIGHT:
        return -1
    return 1 if turn in (LEFT, U_TURN) else 0
