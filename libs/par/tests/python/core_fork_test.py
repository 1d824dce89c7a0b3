#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Forks a Python process that has used par, as multiprocessing does by default on Linux: no child may hang.

usage: core_fork_test.py LIBRARY [unittest arguments]
"""
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import unittest

LIBRARY = ctypes.CDLL(sys.argv.pop(1))
for name in ("fib", "threads", "own_pool_fib", "lost_in_fork"):
    getattr(LIBRARY, f"twill_test_{name}").restype = ctypes.c_long
FIB_20 = 6765
WATCHDOG_S = 60


def fib(n):
    return LIBRARY.twill_test_fib(ctypes.c_long(n))


def own_pool_fib(n):
    return LIBRARY.twill_test_own_pool_fib(ctypes.c_long(n))


def fresh_own_pool_fib(n):
    """What a child may do about a pool that did not survive: drop it and make another."""
    lost = own_pool_fib(n)
    LIBRARY.twill_test_drop_own_pool()
    return lost, own_pool_fib(n)


def in_child_of_child(n):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return fib(n), pool.apply_async(fib, (n,)).get(WATCHDOG_S)


class Fork(unittest.TestCase):
    def setUp(self):
        self.context = multiprocessing.get_context("fork")
        self.assertEqual(fib(20), FIB_20)

    def mapped(self, function, inputs, processes=2):
        with self.context.Pool(processes) as pool:
            return pool.map_async(function, inputs).get(WATCHDOG_S)

    def test_children_of_a_process_that_used_par_work_with_a_pool_of_their_own(self):
        self.assertEqual(self.mapped(fib, [20] * 16, processes=3), [FIB_20] * 16)
        self.assertEqual(fib(20), FIB_20)

    def test_a_pool_of_the_parent_answers_with_an_error_in_the_child(self):
        self.assertEqual(own_pool_fib(20), FIB_20)
        lost = LIBRARY.twill_test_lost_in_fork()
        self.assertLess(lost, 0)
        self.assertEqual(self.mapped(own_pool_fib, [20] * 4), [lost] * 4)
        self.assertEqual(own_pool_fib(20), FIB_20)

    def test_a_child_may_drop_the_pool_of_its_parent_and_make_another(self):
        self.assertEqual(own_pool_fib(20), FIB_20)
        lost = LIBRARY.twill_test_lost_in_fork()
        self.assertEqual(self.mapped(fresh_own_pool_fib, [20], processes=1), [(lost, FIB_20)])

    def test_a_fork_amid_calls_of_another_thread_does_not_hang_the_child(self):
        stop = threading.Event()

        def work():
            while not stop.is_set():
                fib(12)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            for _ in range(20):
                child = os.fork()
                if child == 0:
                    # Past its alarm a child that hangs is ended by the signal, which is no exit code.
                    signal.alarm(WATCHDOG_S)
                    os._exit(7 if fib(20) == FIB_20 else 1)
                status = os.waitpid(child, 0)[1]
                self.assertTrue(os.WIFEXITED(status), status)
                self.assertEqual(os.WEXITSTATUS(status), 7)
        finally:
            stop.set()
            worker.join()

    def test_a_child_of_a_child_works_too(self):
        # Children of a multiprocessing pool are daemons and may have none of their own: one by hand.
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(WATCHDOG_S)
            os.write(write, repr(in_child_of_child(20)).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answer:
            self.assertEqual(answer.read(), repr((FIB_20, FIB_20)))
        self.assertEqual(os.waitpid(child, 0)[1], 0)


if __name__ == "__main__":
    unittest.main()
