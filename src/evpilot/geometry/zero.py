"""Where a count begins within a kernel that hands it on to others."""

from typing import cast

import numpy as np

# for a literal 0 numba compiles all that takes the count a second time
ZERO = cast(int, np.int64(0))
