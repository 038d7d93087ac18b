"""How a network is asked, wherever it runs: arrays of 32 bits in and out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
Ask = Callable[[Numbers], Numbers]
