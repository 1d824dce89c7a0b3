# SPDX-License-Identifier: Apache-2.0
"""Kernels from Python: arrays where they lie, mistakes with their place, other threads meanwhile."""
import array
import doctest
import importlib
import subprocess
import sys
import threading
import time
import traceback
import weakref
from pathlib import Path

import numpy as np
import pytest

import twillhpc
from twillhpc.lanes import Fault, Kernel, KernelError

SAXPY = """kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
  let i = global_id();
  if i < n { y[i] = a * x[i] + y[i]; }
}
"""


class OnlyDLPack:
    """An array of another library: nothing but the protocol."""

    def __init__(self, values, device=1):
        self.values = values
        self.device = device

    def __dlpack__(self, **asked):
        return self.values.__dlpack__(**asked)

    def __dlpack_device__(self):
        return (self.device, 0)


@pytest.fixture
def copying():
    return Kernel("kernel copying(x: buffer<i32>, y: buffer<i32>) { let i = global_id(); y[i] = x[i] * 2; }")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [0, 1, 255, 256, 257, 100_003])
def test_saxpy_is_that_of_numpy_in_place(n, threads):
    rng = np.random.default_rng(n)
    x, y = rng.random(n, np.float32), rng.random(n, np.float32)
    wanted = np.float32(2.5) * x + y
    at = y.ctypes.data
    launch = Kernel(SAXPY).using(threads=threads)(a=2.5, x=x, y=y, n=n)
    assert launch.lanes == n
    np.testing.assert_array_equal(y, wanted)
    assert y.ctypes.data == at


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"])
def test_every_type_of_numpy_has_its_buffer(dtype):
    name = {"i": "i", "u": "u", "f": "f"}[dtype[0]] + str(8 * int(dtype[1]))
    kernel = Kernel(f"kernel f(x: buffer<{name}>, s: {name}) {{ let i = global_id(); x[i] = x[i] + s; }}")
    x = np.arange(100, dtype=dtype)
    kernel.using(lanes=100, block=100)(x, 3)
    np.testing.assert_array_equal(x, np.arange(3, 103).astype(dtype))


def test_arguments_go_by_position_name_or_both():
    kernel = Kernel(SAXPY)
    x, y = np.ones(3, np.float32), np.zeros(3, np.float32)
    kernel(2, x, y, 3)
    kernel(2, x, n=3, y=y)
    np.testing.assert_array_equal(y, [4, 4, 4])
    for given, message in [
        (dict(a=1, x=x, y=y), "kernel saxpy: missing n"),
        (dict(a=1, x=x, y=y, n=3, z=4), "kernel saxpy has no parameter z"),
    ]:
        with pytest.raises(TypeError, match=message):
            kernel(**given)
    with pytest.raises(TypeError, match="saxpy: a is given twice"):
        kernel(1, a=1)
    with pytest.raises(TypeError, match="saxpy has 4 parameters, 5 are given"):
        kernel(1, x, y, 3, 4)


def test_kernels_that_see_blocks_get_whole_ones():
    kernel = Kernel(
        """kernel reversed(x: buffer<i32>, n: u64) {
          let i = global_id();
          if i < n { x[i] = i32(block_id()) * 1000 + i32(block_dim()); }
        }"""
    )
    x = np.zeros(300, np.int32)
    assert kernel(x, 300).lanes == 512
    assert (x[:256] == 256).all() and (x[256:] == 1256).all()
    assert kernel.using(block=100)(x, 300).lanes == 300
    assert x[299] == 2100


def test_arrays_of_several_dimensions_are_their_elements_in_order(copying):
    x = np.arange(12, dtype=np.int32).reshape(3, 4)
    y = np.zeros((2, 2, 3), np.int32)
    copying.using(block=12)(x=x, y=y)
    np.testing.assert_array_equal(y.ravel(), 2 * x.ravel())


def test_what_is_only_read_may_be_read_only(copying):
    x, y = np.arange(4, dtype=np.int32), np.zeros(4, np.int32)
    x.flags.writeable = False
    copying.using(block=4)(x=x, y=y)
    assert y.tolist() == [0, 2, 4, 6]
    with pytest.raises(ValueError, match="y: the kernel writes to this array, which is read-only"):
        copying(x=y, y=x)
    assert [p.is_written for p in copying.parameters] == [False, True]


def test_other_arrays_come_by_the_buffer_protocol_and_by_dlpack(copying):
    copying = copying.using(block=4)
    numbers, out = array.array("i", [1, 2, 3, 4]), array.array("i", [0] * 4)
    copying(x=memoryview(numbers), y=out)
    assert out.tolist() == [2, 4, 6, 8]
    x, y = np.arange(4, dtype=np.int32), np.zeros(4, np.int32)
    copying(x=OnlyDLPack(x), y=OnlyDLPack(y))
    assert y.tolist() == [0, 2, 4, 6]
    with pytest.raises(ValueError, match="x: elements of another type"):
        copying(x=OnlyDLPack(x.astype(np.float32)), y=y)
    with pytest.raises(ValueError, match="x: the array's elements are not side by side"):
        copying(x=OnlyDLPack(np.arange(8, dtype=np.int32)[::2]), y=y)
    with pytest.raises(ValueError, match="x: the array is not in the processor's memory"):
        copying(x=OnlyDLPack(x, device=2), y=y)
    assert y.tolist() == [0, 2, 4, 6]


def test_dlpack_hands_back_what_it_took(copying):
    class Watched(np.ndarray):
        pass

    x = np.arange(4, dtype=np.int32).view(Watched)
    gone = weakref.ref(x)
    before = sys.getrefcount(x)
    copying.using(block=4)(x=OnlyDLPack(x), y=np.zeros(4, np.int32))
    assert sys.getrefcount(x) == before
    del x
    assert gone() is None


@pytest.mark.parametrize("refused", [np.zeros(4, np.float32), np.zeros(8, np.int32)[::2]])
def test_dlpack_hands_back_what_is_refused(copying, refused):
    before = sys.getrefcount(refused)
    for _ in range(5):
        with pytest.raises(ValueError, match="x: "):
            copying(x=OnlyDLPack(refused), y=np.zeros(4, np.int32))
    assert sys.getrefcount(refused) == before


class Capsules:
    """An array that gives what it is told to."""

    def __init__(self, given):
        self.given = given

    def __dlpack__(self, **asked):
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


@pytest.mark.parametrize(
    "given, kind, message",
    [
        (BufferError("not now"), BufferError, "not now"),
        (3, TypeError, "x: __dlpack__ gave int, expected a capsule"),
        (np.zeros(4, np.int32).__dlpack__(), ValueError, "x: __dlpack__ gave a capsule that was taken before"),
    ],
)
def test_what_is_no_capsule_is_refused(copying, given, kind, message):
    y = np.zeros(4, np.int32)
    if kind is ValueError:
        copying.using(block=4)(x=Capsules(given), y=y)
    with pytest.raises(kind, match=message):
        copying(x=Capsules(given), y=y)
    assert y.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "value, kind, message",
    [
        (np.zeros(4), TypeError, "x: the kernel has a buffer of i32, the array is of float64"),
        (np.zeros(4, ">i4"), TypeError, "x: the kernel has a buffer of i32, the array is of >i4"),
        (np.zeros(8, np.int32)[::2], ValueError, "numpy.ascontiguousarray copies them"),
        (np.zeros((2, 2), np.int32, order="F"), ValueError, "not side by side"),
        ([1, 2], TypeError, "x: the kernel has a buffer of i32, found list; numpy.asarray"),
        (3, TypeError, "found int"),
        (None, TypeError, "found NoneType"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_the_reason(copying, value, kind, message):
    y = np.full(4, 7, np.int32)
    with pytest.raises(kind, match=message):
        copying(x=value, y=y)
    assert y.tolist() == [7, 7, 7, 7]


@pytest.mark.parametrize(
    "value, kind, message",
    [
        (200, OverflowError, "s: 200 does not fit i8"),
        (-129, OverflowError, "s: -129 does not fit i8"),
        (2.5, TypeError, "s: the kernel has a number of i8, found float"),
        ("2", TypeError, "found str"),
        (10**30, OverflowError, "does not fit i8"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(value, kind, message):
    kernel = Kernel("kernel f(s: i8, x: buffer<i8>) { x[0] = s; }")
    x = np.zeros(1, np.int8)
    with pytest.raises(kind, match=message):
        kernel.using(lanes=1, block=1)(s=value, x=x)
    kernel.using(lanes=1, block=1)(s=-128, x=x)
    assert x[0] == -128


def test_reals_that_do_not_fit_are_refused():
    kernel = Kernel("kernel f(s: f32, x: buffer<f32>) { x[0] = s; }").using(lanes=1, block=1)
    x = np.zeros(1, np.float32)
    with pytest.raises(OverflowError, match="does not fit f32"):
        kernel(s=1e300, x=x)
    with pytest.raises(TypeError, match="s: the kernel has a number of f32, found str"):
        kernel(s="1", x=x)
    kernel(s=float("inf"), x=x)
    assert np.isinf(x[0])


def test_mistakes_in_a_kernel_show_their_line():
    source = "kernel f(x: buffer<f32>) {\n  let i = global_id();\n  x[i] = z;\n}\n"
    with pytest.raises(KernelError, match="'z'") as caught:
        Kernel(source, file="kernels/f.tk")
    e = caught.value
    assert (e.filename, e.lineno, e.offset, e.text) == ("kernels/f.tk", 3, 10, "  x[i] = z;")
    shown = "".join(traceback.format_exception_only(type(e), e))
    assert 'File "kernels/f.tk", line 3' in shown and "    x[i] = z;" in shown and "^" in shown
    assert isinstance(e, SyntaxError)


def test_mistakes_in_kernel_json_have_their_pointer():
    with pytest.raises(KernelError) as caught:
        Kernel.from_json(
            '{"version": "1.0", "kernel": {"name": "f", "params": [], "body": [{"type": "leap"}]}}', file="f.json"
        )
    assert caught.value.pointer == "/kernel/body/0/type" or caught.value.pointer == "/kernel/body/0"


def test_sources_that_are_no_text_are_refused():
    with pytest.raises(TypeError, match="a kernel's source is a str, found bytes"):
        Kernel(b"kernel f() { }")


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_fault_is_that_of_the_lowest_lane_and_the_kernel_stays_usable(threads):
    kernel = Kernel(
        "kernel f(x: buffer<i32>, y: buffer<i32>) { let i = global_id(); y[i] = 100 / x[i]; }"
    ).using(threads=threads)
    x = np.ones(4096, np.int32)
    x[[1000, 3000]] = 0
    y = np.zeros_like(x)
    with pytest.raises(Fault) as caught:
        kernel(x=x, y=y)
    assert (caught.value.kind, caught.value.block, caught.value.lane) == ("DivisionByZero", 3, 232)
    assert str(caught.value).startswith("DivisionByZero")
    x[:] = 4
    kernel(x=x, y=y)
    assert (y == 25).all()


def test_kernels_that_would_run_forever_end():
    kernel = Kernel("kernel f(x: buffer<i32>) { while true { x[0] = 1; } }").using(lanes=1, block=1)
    x = np.zeros(1, np.int32)
    with pytest.raises(Fault) as caught:
        kernel.using(step_limit=10_000)(x)
    assert caught.value.kind == "StepLimitExceeded"
    with pytest.raises(Fault) as caught:
        kernel.using(step_limit=0, time_limit=0.05)(x)
    assert caught.value.kind == "TimeLimitExceeded"


@pytest.mark.parametrize("threads", [1, 2])
def test_other_threads_run_while_a_kernel_does(threads):
    kernel = Kernel("kernel f(x: buffer<i32>) { while true { x[0] = 1; } }").using(
        lanes=1, block=1, step_limit=0, time_limit=0.4, threads=threads
    )
    ticks = []
    over = threading.Event()

    def tick():
        while not over.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    beside = threading.Thread(target=tick)
    beside.start()
    begin = time.perf_counter()
    with pytest.raises(Fault):
        kernel(np.zeros(1, np.int32))
    end = time.perf_counter()
    over.set()
    beside.join()
    assert end - begin >= 0.4
    # A call that kept the interpreter would leave one gap as long as itself.
    inside = [begin, *(t for t in ticks if begin < t < end), end]
    assert max(b - a for a, b in zip(inside, inside[1:])) < 0.5 * (end - begin)


def test_many_threads_call_one_kernel_at_once(copying):
    x = np.arange(20_000, dtype=np.int32)
    outs = [np.zeros_like(x) for _ in range(6)]
    copying = copying.using(block=100)
    workers = [threading.Thread(target=copying, args=(x, y)) for y in outs]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    for y in outs:
        np.testing.assert_array_equal(y, 2 * x)


def test_results_do_not_depend_on_threads_batches_or_blocks():
    kernel = Kernel(
        """kernel f(x: buffer<f32>, y: buffer<f32>, n: u64) {
          let i = global_id();
          if i < n {
            let v = x[i];
            for k in 0..(i % 5) { v = sin(v) + exp(v * 0.25); }
            y[i] = v;
          }
        }"""
    )
    x = np.linspace(-3, 3, 10_007, dtype=np.float32)
    results = set()
    for threads, batch, block in [(1, 0, 256), (2, 0, 256), (2, 7, 64), (1, 1024, 1000)]:
        y = np.zeros_like(x)
        kernel.using(threads=threads, batch=batch, block=block)(x, y, x.size)
        results.add(y.tobytes())
    assert len(results) == 1


def test_options_are_checked(copying):
    for options, message in [
        (dict(lanes=-1), "lanes is a whole number from 0, found -1"),
        (dict(block=2.5), "block is a whole number from 0, found 2.5"),
        (dict(threads=0), "threads is a whole number from 1, or None, found 0"),
        (dict(time_limit=0), "time_limit is a number of seconds above 0, found 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            copying.using(**options)
    with pytest.raises(Fault, match="InvalidLaunchConfig"):
        copying.using(block=0)(np.zeros(1, np.int32), np.zeros(1, np.int32))
    with pytest.raises(TypeError, match=r"using\(lanes=...\) says how many lanes run"):
        Kernel("kernel f(n: u64) { }")(n=1)
    with twillhpc.num_threads(1):
        assert copying.using(lanes=0)(np.zeros(1, np.int32), np.zeros(1, np.int32)).lanes == 0


def test_kernels_show_what_they_are(copying):
    assert repr(copying) == "<kernel copying(x: buffer<i32>, y: buffer<i32>)>"
    assert "ldg.i32" in copying.disassemble()


@pytest.mark.parametrize("name", ["twillhpc.lanes", "twillhpc.lanes._kernel", "twillhpc.lanes._errors"])
def test_examples_of_docstrings_run(name):
    failed, run = doctest.testmod(importlib.import_module(name))
    assert failed == 0 and run > 0


def test_the_example_prints_what_the_page_says():
    example = Path(__file__).resolve().parents[2] / "examples" / "lanes" / "saxpy.py"
    done = subprocess.run([sys.executable, example], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[ 2.5  4.5  6.5  8.5 10.5]\nBufferOutOfBounds 0 5\n", "")


def test_kernels_run_on_the_workers_of_the_runtime():
    n = 100_003
    x = np.arange(n, dtype=np.float32)
    kernel = Kernel(SAXPY)
    for threads in (1, 3, 2):
        y = np.ones(n, np.float32)
        with twillhpc.local(threads=threads) as here:
            assert here.threads == threads
            kernel(a=2, x=x, y=y, n=n)
        np.testing.assert_array_equal(y, 2 * x + 1)
