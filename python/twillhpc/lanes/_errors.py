# SPDX-License-Identifier: Apache-2.0
"""What kernels raise."""


class KernelError(SyntaxError):
    """A kernel that does not compile: `filename`, `lineno`, `offset` and `text` tell where, as of any SyntaxError.

    `pointer` is the place in a kernel that is JSON, empty otherwise.

    >>> from twillhpc.lanes import Kernel
    >>> try:
    ...     Kernel("kernel f(x: buffer<f32>) {\\n  x[0] = y;\\n}", file="f.tk")
    ... except KernelError as e:
    ...     e.filename, e.lineno, e.offset, e.text
    ('f.tk', 2, 10, '  x[0] = y;')
    """

    pointer = ""


class Fault(RuntimeError):
    """What a kernel did that it may not: `kind` and `detail` tell what, `block`, `lane` and `pc` where.

    The fault is that of the lowest block and lane, whatever the number of threads.

    >>> import numpy as np
    >>> from twillhpc.lanes import Kernel
    >>> try:
    ...     Kernel("kernel f(x: buffer<f32>) { x[7] = 1.0; }")(x=np.zeros(4, np.float32))
    ... except Fault as e:
    ...     e.kind, e.detail["offset"], e.block, e.lane
    ('BufferOutOfBounds', 28, 0, 0)
    """

    kind = ""
    detail: dict = {}
    block = None
    lane = None
    pc = None
