# SPDX-License-Identifier: Apache-2.0
"""A kernel over arrays of NumPy, and what is told of one that goes wrong."""
# [snippet:saxpy]
import numpy as np
from twillhpc.lanes import Fault, Kernel

saxpy = Kernel("""
    kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
      let i = global_id();
      if i < n { y[i] = a * x[i] + y[i]; }
    }""")
x = np.arange(1, 6, dtype=np.float32)
y = np.full(5, 0.5, np.float32)
saxpy(a=2, x=x, y=y, n=x.size)  # y holds the result: nothing is copied
# [end:saxpy]
print(y)
try:
    saxpy.using(lanes=9)(a=2, x=x, y=y, n=9)
except Fault as e:
    print(e.kind, e.block, e.lane)
