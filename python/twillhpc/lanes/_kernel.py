# SPDX-License-Identifier: Apache-2.0
"""Kernels over arrays."""

import copy
import functools
import math
from typing import NamedTuple

from .. import _threads
from .._core import lanes as _core


class Parameter(NamedTuple):
    """What a kernel is called with: a number of type `type`, or a buffer of such."""

    name: str
    type: str
    is_buffer: bool
    is_written: bool


class Launch(NamedTuple):
    """What a call tells: how many lanes ran, and how many instructions over all of them."""

    lanes: int
    instructions: int


@functools.lru_cache(maxsize=8)
def _executor(threads):
    return _core.Executor(threads)


_UNSET = object()


class Kernel:
    """A kernel in words, compiled and checked, to be called with arrays.

    A call runs the body once in every lane, over as many lanes as the longest array has elements. Arrays are NumPy
    arrays, or anything with the buffer protocol or `__dlpack__`, whose elements lie side by side; they are used where
    they lie, and what the kernel stores is in them afterwards. Other Python threads run meanwhile.

    >>> import numpy as np
    >>> saxpy = Kernel('''
    ...     kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
    ...       let i = global_id();
    ...       if i < n { y[i] = a * x[i] + y[i]; }
    ...     }''')
    >>> x, y = np.arange(5, dtype=np.float32), np.ones(5, np.float32)
    >>> saxpy(a=2, x=x, y=y, n=5).lanes
    5
    >>> y
    array([1., 3., 5., 7., 9.], dtype=float32)
    >>> [p.name for p in saxpy.parameters if p.is_written]
    ['y']

    Mistakes in the source raise `KernelError` with line and column, mistakes of a running kernel `Fault` with block and
    lane, and arguments that do not fit TypeError, ValueError or OverflowError.
    """

    def __init__(self, source, *, file=None):
        if not isinstance(source, str):
            raise TypeError(f"a kernel's source is a str, found {type(source).__name__}")
        self._load(source, file, False)

    @classmethod
    def from_json(cls, source, *, file=None):
        """A kernel from its JSON form, version 1.0.

        >>> Kernel.from_json('{"version": "1.0", "kernel": {"name": "nothing", "params": [], "body": []}}').name
        'nothing'
        """
        out = cls.__new__(cls)
        out._load(source, file, True)
        return out

    def _load(self, source, file, json):
        self._compiled = _core.compile(source, "<kernel>" if file is None else str(file), json)
        self._parameters = tuple(Parameter(*p) for p in self._compiled.parameters)
        self._options = {
            "lanes": None,
            "block": None,
            "threads": None,
            "batch": 0,
            "step_limit": 1_000_000_000,
            "time_limit": None,
        }

    @property
    def name(self):
        """The name after the word `kernel`."""
        return self._compiled.name

    @property
    def parameters(self):
        """The parameters in their order, as a tuple of `Parameter`."""
        return self._parameters

    def disassemble(self):
        """The program that the kernel became, one instruction a line.

        >>> print(Kernel("kernel nothing() { }").disassemble().rstrip())
        kernel_end:
          exit
        """
        return self._compiled.disassemble()

    def using(self, *, lanes=_UNSET, block=_UNSET, threads=_UNSET, batch=_UNSET, step_limit=_UNSET, time_limit=_UNSET):
        """The same kernel, launched in another way.

        `lanes`: how many run (default: the longest array's length); `block`: lanes that share barriers (default: 256 for a
        kernel with barriers or `block_id()` and its kin, else a number that divides `lanes`; with a number that does not,
        the last block is filled up, so that the kernel has to look at `global_id()`); `threads` (default: as
        `twillhpc.set_num_threads` and the environment say); `batch`: lanes executed together (0: chosen); `step_limit`:
        instructions a lane, 0 for no limit (10^9); `time_limit`: seconds, None for no limit. Results depend on none of the
        last four.

        >>> import numpy as np
        >>> x = np.zeros(8, np.int32)
        >>> fill = Kernel("kernel fill(x: buffer<i32>) { let i = global_id(); x[i] = 7; }")
        >>> fill.using(lanes=3, threads=1)(x=x).lanes
        3
        >>> x
        array([7, 7, 7, 0, 0, 0, 0, 0], dtype=int32)
        """
        asked = {
            "lanes": lanes,
            "block": block,
            "threads": threads,
            "batch": batch,
            "step_limit": step_limit,
            "time_limit": time_limit,
        }
        out = copy.copy(self)
        out._options = {**self._options, **{k: v for k, v in asked.items() if v is not _UNSET}}
        for key in ("lanes", "block", "batch", "step_limit"):
            value = out._options[key]
            if value is None and key in ("lanes", "block"):
                continue
            if not hasattr(value, "__index__") or value < 0:
                raise ValueError(f"{key} is a whole number from 0, found {value!r}")
        threads = out._options["threads"]
        if threads is not None and (not hasattr(threads, "__index__") or threads < 1):
            raise ValueError(f"threads is a whole number from 1, or None, found {threads!r}")
        limit = out._options["time_limit"]
        if limit is not None and not limit > 0:
            raise ValueError(f"time_limit is a number of seconds above 0, found {limit!r}")
        return out

    def _in_order(self, positional, named):
        if len(positional) > len(self._parameters):
            raise TypeError(f"kernel {self.name} has {len(self._parameters)} parameters, {len(positional)} are given")
        values = dict(zip((p.name for p in self._parameters), positional))
        for name, value in named.items():
            if name in values:
                raise TypeError(f"kernel {self.name}: {name} is given twice")
            values[name] = value
        known = {p.name for p in self._parameters}
        unknown = sorted(values.keys() - known)
        if unknown:
            raise TypeError(f"kernel {self.name} has no parameter {', '.join(unknown)}")
        missing = [p.name for p in self._parameters if p.name not in values]
        if missing:
            raise TypeError(f"kernel {self.name}: missing {', '.join(missing)}")
        return [values[p.name] for p in self._parameters]

    def __call__(self, /, *positional, **named):
        """Runs the kernel with these arguments, by position or by name."""
        o = self._options
        milliseconds = 0 if o["time_limit"] is None else max(1, math.ceil(o["time_limit"] * 1000))
        arguments = self._in_order(positional, named)
        if o["lanes"] is None and not any(p.is_buffer for p in self._parameters):
            raise TypeError(f"kernel {self.name} has no arrays: using(lanes=...) says how many lanes run")
        executor = _executor(_threads.resolve(o["threads"]))
        ran = _core.run(
            self._compiled, executor, arguments, o["lanes"], o["block"], o["batch"], o["step_limit"], milliseconds
        )
        return Launch(*ran)

    def __repr__(self):
        shown = ", ".join(f"{p.name}: {f'buffer<{p.type}>' if p.is_buffer else p.type}" for p in self._parameters)
        return f"<kernel {self.name}({shown})>"
