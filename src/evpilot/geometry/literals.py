"""Constants to hand on from kernel to kernel: for each literal 0, True or False numba compiles all that takes it anew,
for these it does not."""

from typing import cast

import numpy as np

ZERO = cast(int, np.int64(0))
YES, NO = cast(bool, np.bool_(True)), cast(bool, np.bool_(False))
