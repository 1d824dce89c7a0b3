from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["dirichlet_fit"]

def dirichlet_fit(counts: NDArray[np.int32], n_components: int = 2, verbose: int = 0, seed: int = 42) -> dict[str, Any]: ...
