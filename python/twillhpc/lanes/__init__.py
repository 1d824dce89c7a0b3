# SPDX-License-Identifier: Apache-2.0
"""Kernels over lanes: checked programs at the speed of native loops, over NumPy arrays where they lie.

>>> import numpy as np
>>> from twillhpc.lanes import Kernel
>>> double = Kernel("kernel double(x: buffer<f64>) { let i = global_id(); x[i] = x[i] + x[i]; }")
>>> x = np.array([1.0, 2.0, 3.0])
>>> double(x=x).lanes
3
>>> x
array([2., 4., 6.])
"""

from ._errors import Fault, KernelError
from ._kernel import Kernel, Launch, Parameter

__all__ = ["Fault", "Kernel", "KernelError", "Launch", "Parameter"]
