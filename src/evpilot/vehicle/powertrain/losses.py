"""What motor and inverter lose, over speed and torque.

The physical model has the classic terms (Larminie and Lowry, Electric Vehicle Technology Explained, 2nd ed., 7.1.5;
Krishnan, Electric Motor Drives, chapter 9): copper with the square of the torque, iron with speed to the power 1.5
(hysteresis and eddy currents together), windage and bearings with its cube, a wound rotor's excitation with the torque
(the least copper is where rotor and stator share it), and the inverter's conduction and
switching, partly linear and partly square in the current. A measured map takes its place without a change elsewhere.
"""

from collections.abc import Callable

import numpy as np

from evpilot.geometry.jit import kernel
from evpilot.types import Powertrain
from evpilot.types.state import Array

SPEEDS, TORQUES = 61, 121  # nodes of a map: from 0 to the highest speed, from -1 to 1 times the highest torque
IRON_EXPONENT = 1.5
FLUX_MIN = 0.1  # of a wound rotor's losses at full torque: what keeps it excited without any
SWITCHING_SHARE = 0.6  # of the inverter's losses at full torque: what grows with the current, not with its square


def loss_map(motor: Powertrain) -> Array:
    """Losses [W] (SPEEDS, TORQUES) of a motor with its inverter, equal for driving and braking torque."""
    m = motor

    def lost(speed: Array, torque: Array) -> Array:
        turning, load = speed / m.motor_speed_max, np.abs(torque) / m.motor_torque
        inverter = SWITCHING_SHARE * load + (1.0 - SWITCHING_SHARE) * load**2
        return (
            m.copper_loss * load**2
            + m.excitation_loss * (FLUX_MIN + (1.0 - FLUX_MIN) * load)
            + m.iron_loss * turning**IRON_EXPONENT
            + m.windage_loss * turning**3
            + m.inverter_loss * inverter
            + m.inverter_idle
        )

    return measured_map(m.motor_torque, m.motor_speed_max, lost)


def measured_map(torque_max: float, speed_max: float, lost: Callable[[Array, Array], Array]) -> Array:
    """Losses [W] (SPEEDS, TORQUES) from any function of shaft speeds [rad/s] and torques [N m], both (SPEEDS, TORQUES);
    a torque against the motion brakes."""
    speed, torque = np.meshgrid(
        np.linspace(0.0, speed_max, SPEEDS), np.linspace(-torque_max, torque_max, TORQUES), indexing="ij"
    )
    return np.ascontiguousarray(lost(speed, torque), dtype=np.float64)


@kernel()
def lost_power(speed: float, torque: float, speed_max: float, torque_max: float, losses: Array) -> float:
    """Losses [W] at a shaft speed [rad/s, at least 0] and torque [N m], linear between a map's nodes and beyond."""
    rows, columns = losses.shape
    u = speed / speed_max * (rows - 1)
    w = (torque / torque_max + 1.0) * 0.5 * (columns - 1)
    i = min(rows - 2, max(0, int(u)))
    j = min(columns - 2, max(0, int(w)))
    u -= i
    w -= j
    low = losses[i, j] + u * (losses[i + 1, j] - losses[i, j])
    high = losses[i, j + 1] + u * (losses[i + 1, j + 1] - losses[i, j + 1])
    return max(0.0, low + w * (high - low))
