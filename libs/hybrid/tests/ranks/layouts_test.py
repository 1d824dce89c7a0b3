#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same bits for any number of ranks and threads, under any launcher and alone. Other launchers than ours do all
layouts with TWILL_TEST_LONG=1."""
import unittest

import support

WHOLE = support.LAUNCHER == "twill" or support.LONG
LAYOUTS = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)] if WHOLE else [(2, 2), (3, 1)]


class Layouts(unittest.TestCase):
    def test_monte_carlo_has_one_hash(self):
        hashes = {}
        for ranks, threads in LAYOUTS:
            job = support.run(support.command(ranks, threads, support.example("monte_carlo"), "--paths", 2000000))
            self.assertEqual(job.returncode, 0, job.stderr)
            hashes[ranks, threads] = support.hash_of(job.stdout)
        alone = support.run([support.example("monte_carlo"), "--paths", 2000000, "--threads", 2])
        hashes["alone"] = support.hash_of(alone.stdout)
        self.assertIsNotNone(hashes["alone"], alone.stdout)
        self.assertEqual(len(set(hashes.values())), 1, hashes)

    def test_heat_has_one_hash_through_windows_and_through_messages(self):
        hashes = {}
        for ranks, threads in LAYOUTS:
            for node in (0, 1, 2) if WHOLE else (0, 1):
                words = [support.example("heat"), "--size", 96, "--steps", 60]
                if node:
                    words += ["--ranks-of-a-node", node]
                job = support.run(support.command(ranks, threads, *words))
                self.assertEqual(job.returncode, 0, job.stderr)
                hashes[ranks, threads, node] = support.hash_of(job.stdout)
        self.assertEqual(len(set(hashes.values())), 1, hashes)
        self.assertNotIn(None, hashes.values())


if WHOLE:
    class Ours(unittest.TestCase):
        def test_monte_carlo_prices_what_the_formula_gives(self):
            # Black and Scholes, 3 % and 20 % over a year.
            job = support.run([support.example("monte_carlo"), "--paths", 2000000])
            prices = dict((line[:15].strip(), float(line[15:26])) for line in job.stdout.splitlines() if "+-" in line)
            self.assertAlmostEqual(prices["call 100"], 9.4134, delta=0.05)
            self.assertAlmostEqual(prices["put 100"], 6.4580, delta=0.05)
            # Call less put is the spot less the discounted strike, whatever the volatility.
            self.assertAlmostEqual(prices["call 90"] - prices["put 90"], 100 - 90 * 0.970446, delta=0.05)

        def test_the_batch_and_the_number_of_checkpoints_change_nothing(self):
            hashes = {support.hash_of(support.run([support.example("monte_carlo"), "--paths", 300001, "--batch", batch]).stdout)
                      for batch in (5000, 65536, 131072, 10**6)}
            self.assertEqual(len(hashes), 1, hashes)
            self.assertNotIn(None, hashes)

        def test_heat_has_more_ranks_than_rows(self):
            hashes = {support.hash_of(support.run(support.command(n, 1, support.example("heat"), "--size", 3, "--steps", 5)).stdout)
                      for n in (1, 4)}
            self.assertEqual(len(hashes), 1, hashes)
            self.assertNotIn(None, hashes)


if __name__ == "__main__":
    support.main()
