#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end through `twill dmm`: fit, predict, cv, simulate, convert, report; bits over threads and ranks; mistakes."""
import gzip
import hashlib
import json
import os
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TWILL = None
TWINS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "dmm" / "twins.csv"


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("TWILL_", "RAYON_", "SLURM_", "PMI", "OMPI_", "MPI_", "PALS_", "MV2_"))}
    kept.update(extra or {})
    return kept


def run(*words, ranks=0, env=None):
    launcher = [TWILL, "run", "-n", str(ranks), "--"] if ranks else []
    return subprocess.run([*launcher, TWILL, "dmm", *map(str, words)], env=environment(env), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100)


def hashes(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(Path(folder).iterdir())}


def own_table(path, n=60, taxa=8):
    """Two kinds of samples: even ones are rich in the first half of the taxa."""
    rng = random.Random(11)
    lines = ["sample," + ",".join(f"t{j}" for j in range(taxa))]
    for i in range(n):
        counts = [rng.randint(0, 40 if (j < taxa // 2) == (i % 2 == 0) else 3) for j in range(taxa)]
        counts[0] += 1
        lines.append(f"s{i}," + ",".join(map(str, counts)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="twill dmm ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.table = own_table(self.folder / "counts.csv")

    def fit(self, *words, ranks=0, out="out", code=0):
        done = run("fit", self.table, *words, "-o", self.folder / out, ranks=ranks)
        self.assertEqual(done.returncode, code, done.stderr)
        return done


class Dmm(Case):
    def test_a_sweep_prints_its_table_and_writes_every_file(self):
        done = self.fit("-k", "1:3", "--starts", "2")
        self.assertIn("best laplace", done.stdout)
        self.assertIn("60 samples, 8 taxa", done.stderr)
        self.assertIn('note: rows are samples (the header says "sample")', done.stderr)
        names = set(hashes(self.folder / "out"))
        per_k = {f"{kind}-k{k}.{end}" for k in (1, 2, 3) for kind, end in
                 (("model", "json"), ("posterior", "csv"), ("parameters", "csv"))}
        self.assertEqual(names, per_k | {"sweep.csv", "summary.json", "report.html", "model-fit.svg", "drivers-k2.csv",
                                         "drivers-k3.csv"})
        summary = json.loads((self.folder / "out/summary.json").read_text())
        self.assertEqual((summary["status"], summary["selected"]), ("complete", 2))
        self.assertEqual(summary["sha256"]["sweep.csv"], hashes(self.folder / "out")["sweep.csv"])
        rows = (self.folder / "out/sweep.csv").read_text().splitlines()
        self.assertEqual(len(rows), 7)
        self.assertTrue(rows[0].startswith("K,start,seed,NLE,LogDet,Laplace"))
        posterior = [line.split(",") for line in (self.folder / "out/posterior-k2.csv").read_text().splitlines()[1:]]
        kinds = [{row[1] for row in posterior[i::2]} for i in (0, 1)]
        self.assertEqual([len(k) for k in kinds], [1, 1])
        self.assertNotEqual(*kinds)
        page = (self.folder / "out/report.html").read_text()
        for heading in ("The choice of K", "Samples by component", "Drivers", "Certainty"):
            self.assertIn(heading, page)

    def test_files_are_the_same_for_any_number_of_threads_and_ranks(self):
        self.fit("-k", "1:3", "--starts", "2", "--threads", "1", out="one")
        expected = hashes(self.folder / "one")
        for threads in ("2", "7"):
            self.fit("-k", "1:3", "--starts", "2", "--threads", threads, out="t" + threads)
            self.assertEqual(hashes(self.folder / ("t" + threads)), expected)
        done = self.fit("-k", "1:3", "--starts", "2", ranks=3, out="r3")
        self.assertEqual(hashes(self.folder / "r3"), expected)
        self.assertEqual(done.stdout.count("best laplace"), 1)

    def test_rows_of_one_table_over_ranks_give_the_same_files(self):
        # Rows are handed out in blocks of 1024, so that each of two and three ranks has some.
        own_table(self.table, n=2600, taxa=6)
        words = ("-k", "1:2", "--starts", "2", "--max-iter", "8")
        self.fit(*words, "--threads", "1", out="one")
        expected = hashes(self.folder / "one")
        for ranks in (2, 3):
            done = self.fit(*words, "--over", "rows", ranks=ranks, out=f"r{ranks}")
            self.assertEqual(hashes(self.folder / f"r{ranks}"), expected)
            self.assertEqual(done.stdout.count("best laplace"), 1)
        # Without ranks there is nothing to share out; what rows over ranks have kept, one process goes on from.
        kept = self.folder / "kept"
        self.fit(*words, "--over", "rows", "--checkpoint", kept, ranks=2, out="k2")
        times = {p.name: p.stat().st_mtime_ns for p in kept.iterdir()}
        self.assertEqual(len(times), 4)
        self.fit(*words, "--over", "rows", "--checkpoint", kept, out="k0")
        self.assertEqual({p.name: p.stat().st_mtime_ns for p in kept.iterdir()}, times)
        for out in ("k2", "k0"):
            self.assertEqual(hashes(self.folder / out), expected)

    def test_automatic_k_ends_by_itself(self):
        done = self.fit("-k", "auto", "--min-k", "2", "--gap", "1", "--json")
        answer = json.loads(done.stdout)
        self.assertEqual(answer["selected"], 2)
        self.assertEqual([f["K"] for f in answer["fits"]], [1, 2, 3])

    def test_models_predict_simulate_and_report(self):
        self.fit("-k", "1:2")
        model = self.folder / "out/model-k2.json"
        done = run("predict", model, self.table, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        posterior = (self.folder / "out/posterior-k2.csv").read_text().splitlines()[1:]
        for row, line in zip(json.loads(done.stdout), posterior):
            self.assertEqual(str(row["component"]), line.split(",")[1])
            self.assertAlmostEqual(row["p"][0], float(line.split(",")[2]), places=9)
        drawn = self.folder / "drawn.csv"
        done = run("simulate", model, "-n", 40, "--depth", 100, "--seed", 3, "-o", drawn)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split(",") for line in drawn.read_text().splitlines()]
        self.assertEqual(len(rows), 41)
        self.assertEqual({sum(map(int, row[1:])) for row in rows[1:]}, {100})
        done = run("predict", model, drawn)
        self.assertEqual(len(done.stdout.splitlines()), 41)

    def test_reports_are_drawn_anew(self):
        self.fit("-k", "1:2", "--criterion", "aic")
        out = self.folder / "out"
        before = hashes(out)
        (out / "report.html").unlink()
        (out / "model-fit.svg").unlink()
        done = run("report", out)
        self.assertIn("best aic", done.stdout, done.stderr)
        self.assertEqual(hashes(out), before)
        done = run("report", out, "--criterion", "bic")
        self.assertIn("best bic", done.stdout)
        moved = self.table.rename(self.folder / "moved.csv")
        done = run("report", out)
        self.assertEqual((done.returncode, "report.html stays as it is" in done.stderr), (0, True))
        done = run("report", out, "--table", moved)
        self.assertEqual((done.returncode, hashes(out)), (0, before), done.stderr)
        moved.write_text(moved.read_text() + "more,1,1,1,1,1,1,1,1\n", encoding="utf-8")
        done = run("report", out, "--table", moved)
        self.assertEqual(done.returncode, 64)
        self.assertIn("this is not the table that the models were fitted to", done.stderr)

    def test_classes_and_numbers_of_components_are_cross_validated(self):
        done = run("cv", self.table, "-k", "1:2", "--folds", "3", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        scores = [row["mean_log_likelihood"] for row in json.loads(done.stdout)]
        self.assertGreater(scores[1], scores[0])
        groups = self.folder / "groups.csv"
        groups.write_text("sample,class\n" + "".join(f"s{i},{'even' if i % 2 == 0 else 'odd'}\n" for i in range(60)))
        done = run("cv", self.table, "-k", "1", "--groups", groups, "-o", self.folder / "p.csv")
        self.assertIn("60 of 60 right", done.stdout)
        self.assertEqual(len((self.folder / "p.csv").read_text().splitlines()), 61)

    def test_tables_convert_and_fit_alike(self):
        self.fit("-k", "2", out="csv")
        for name in ("t.parquet", "t.biom", "t.shared", "t.mtx"):
            path = self.folder / name
            done = run("convert", self.table, path)
            self.assertEqual(done.returncode, 0, done.stderr)
            done = run("fit", path, "-k", "2", "--json")
            answer = json.loads(done.stdout)
            first = json.loads((self.folder / "csv/summary.json").read_text())
            self.assertEqual(answer["fits"][0]["NLE"], first["fits"][0]["NLE"], name)

    def test_tables_packed_by_gzip_are_read(self):
        packed = self.folder / "counts.csv.gz"
        packed.write_bytes(gzip.compress(self.table.read_bytes(), mtime=0))
        done = run("fit", packed, "-k", "2", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["fits"], json.loads(run("fit", self.table, "-k", "2", "--json").stdout)["fits"])
        self.assertEqual(json.loads(done.stdout)["table"]["notes"][0], "compressed with gzip")

    def test_checkpoints_are_written_and_used(self):
        kept = self.folder / "kept"
        self.fit("-k", "1:2", "--checkpoint", kept, out="a")
        self.assertEqual(sorted(p.name for p in kept.iterdir()), ["run-k1-s0.twill", "run-k2-s0.twill"])
        self.fit("-k", "1:2", "--checkpoint", kept, out="b")
        self.assertEqual(hashes(self.folder / "a"), hashes(self.folder / "b"))
        # Begun by two ranks, gone on by three, finished by one: the runs that are there are not run again.
        ranks = self.folder / "ranks"
        self.fit("-k", "1:3", "--starts", "2", "--checkpoint", ranks, ranks=2, out="c")
        times = {p.name: p.stat().st_mtime_ns for p in ranks.iterdir()}
        self.assertEqual(len(times), 6)
        lost = ranks / "run-k3-s1.twill"
        lost.unlink()
        self.fit("-k", "1:3", "--starts", "2", "--checkpoint", ranks, ranks=3, out="d")
        again = {p.name: p.stat().st_mtime_ns for p in ranks.iterdir()}
        self.assertEqual({name for name in times if times[name] != again[name]}, {lost.name})
        self.fit("-k", "1:3", "--starts", "2", out="e")
        self.assertEqual(hashes(self.folder / "c"), hashes(self.folder / "e"))
        self.assertEqual(hashes(self.folder / "d"), hashes(self.folder / "e"))

    def test_mistakes_have_a_message_and_the_code_of_their_kind(self):
        bad = self.folder / "bad.csv"
        cases = [
            ("sample,a,b\ns1,1,2\ns2,-1,3\n", "bad.csv:3:4: a count is negative (found -1", 1),
            ("sample,a,b\ns1,1,2\ns2,12.5,3\n", "bad.csv:3:4: a count has a fraction (found 12.5", 1),
            ("sample,a,b\ns1,1,2\ns2,nan,3\n", "a count is not a finite number (found nan", 1),
            ("sample,a,b\ns1,1,2\ns2,x,3\n", "bad.csv:3:4: a count is not a decimal number (found x", 1),
            ("sample,a,b\ns1,1,2\ns1,4,3\n", "two samples have one name", 1),
            ("sample,a,b\ns1,1,2\ns2,0,0\n", "a sample has no counts (found s2", 1),
            ("sample,a,b\n", "a table of counts is empty", 1),
            ("\x89HDF\r\n\x1a\n", "biom convert", 1),
        ]
        for text, message, code in cases:
            bad.write_bytes(text.encode("latin-1"))
            done = run("fit", bad, "-k", "1")
            self.assertEqual(done.returncode, code, text)
            self.assertIn(message, done.stderr)
            self.assertEqual(done.stdout, "")
        for words, message, code in [
            (("fit", self.folder / "none.csv"), "none.csv", 2),
            (("fit", self.table, "-k", "0"), "-k: a flag has a value that it cannot have (found 0", 64),
            (("fit", self.table, "-k", "5:2"), "found 5:2", 64),
            (("fit", self.table, "-k", "99"), "there are more components than samples (found 99, expected at most 60)", 1),
            (("fit", self.table, "-k", "1", "--eta", "0"), "eta: an option is outside its range", 64),
            (("predict", self.table, self.table), "counts.csv", 1),
            (("fit", self.table, "--frobnicate"), "frobnicate", 64),
        ]:
            done = run(*words)
            self.assertIn(message, done.stderr)
            self.assertEqual(done.returncode, code, words)

    def test_other_taxa_than_the_models_are_refused(self):
        self.fit("-k", "1")
        other = self.folder / "other.csv"
        other.write_text("sample,t0,new\ns,1,2\n")
        done = run("predict", self.folder / "out/model-k1.json", other)
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 of 2 taxa are unknown to the model (found new", done.stderr)

    def test_an_interrupt_writes_what_is_finished(self):
        big = own_table(self.folder / "big.csv", 3000, 60)
        kept = self.folder / "kept"
        child = subprocess.Popen([TWILL, "dmm", "fit", big, "-k", "1,40", "--starts", "1", "--tol", "0", "--max-iter",
                                  "100000", "--threads", "1", "-o", self.folder / "out", "--checkpoint", kept,
                                  "--interrupt-exit", "75"], env=environment(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        for line in child.stderr:
            if "note:" in line:
                break
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(timeout=1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 75, err)
        self.assertIn("interrupted", err)

    def test_a_signal_to_one_rank_ends_all_after_the_same_runs(self):
        big = own_table(self.folder / "big.csv", 2000, 40)
        kept = self.folder / "kept"
        record = self.folder / "pids"
        child = subprocess.Popen([TWILL, "run", "-n", "2", "--threads", "1", "--record", record, "--", TWILL, "dmm", "fit",
                                  big, "-k", "2:12", "--starts", "4", "--tol", "0", "--max-iter", "400", "-o",
                                  self.folder / "out", "--checkpoint", kept, "--interrupt-exit", "75"],
                                 env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        limit = time.monotonic() + 60
        while not list(kept.glob("*.twill")):
            self.assertIsNone(child.poll(), "it ended before its first run")
            self.assertLess(time.monotonic(), limit)
            select.select([], [], [], 0.005)
        pid = re.search(r"^rank 1 (\d+)$", record.read_text(encoding="ascii"), re.M).group(1)
        os.kill(int(pid), signal.SIGTERM)
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 75, err)
        self.assertEqual(err.count("interrupted: what was finished is written"), 1)
        # In a wave the ranks have two runs each, in turn; rank 0 has all of its own in each wave that was begun.
        runs = [(k, s) for k in range(12, 1, -1) for s in range(4)]
        done = {i for i, (k, s) in enumerate(runs) if (kept / f"run-k{k}-s{s}.twill").exists()}
        waves = max(done) // 4 + 1
        self.assertLess(waves, 11)
        self.assertEqual({i for i in done if i % 2 == 0}, set(range(0, 4 * waves, 2)))
        summary = json.loads((self.folder / "out/summary.json").read_text())
        self.assertEqual({f["K"] for f in summary["fits"]}, {runs[i][0] for i in done})

    def test_little_time_ends_it_with_what_is_finished(self):
        done = self.fit("-k", "1:9", "--starts", "4", "--threads", "1", "--max-wall", "0.000001", "--interrupt-exit", "75",
                        code=75)
        self.assertIn("little time is left: what was finished is written", done.stderr)
        # Two waves of two runs, the largest K first: it takes two to know how long one lasts.
        summary = json.loads((self.folder / "out/summary.json").read_text())
        self.assertEqual([f["K"] for f in summary["fits"]], [9])

    @unittest.skipUnless(TWINS.exists(), "the data beside the source tree are not there")
    def test_the_published_analysis_of_the_twins(self):
        done = run("fit", TWINS, "-k", "1:7", "--json")
        answer = json.loads(done.stdout)
        self.assertEqual(answer["selected"], 4)
        self.assertAlmostEqual(answer["fits"][3]["Laplace"], 38781.09, delta=0.02)


if __name__ == "__main__":
    at = sys.argv.index("--twill")
    TWILL = sys.argv[at + 1]
    del sys.argv[at:at + 2]
    unittest.main()
