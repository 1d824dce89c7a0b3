#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end through `twill run`: usage, codes, output, signals, terminals, and that no process is left behind."""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tests" / "support"))
from processes import alive  # noqa: E402

TWILL = None


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TWILL_", "RAYON_", "SLURM_", "PMI"))}
    kept.update(extra or {})
    return kept


def run(*words, env=None, stdin=subprocess.DEVNULL, **more):
    return subprocess.run([TWILL, "run", *words], env=environment(env), stdin=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60, **more)


def shell(script):
    return ["--", "/bin/sh", "-c", script]


def all_gone(pids, seconds):
    return eventually(lambda: not [p for p in pids if alive(p)], seconds)


def eventually(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.01)
    return True


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(") ", 1)[1][0]


class Recorded:
    """A running launcher whose ranks print "ready"; knows every pid that it recorded."""

    def __init__(self, ranks, script, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.record = pathlib.Path(self.folder.name) / "pids"
        self.process = subprocess.Popen([TWILL, "run", "-n", str(ranks), "--record", str(self.record), *options,
                                         *shell(script)], env=environment(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = [self.process.stdout.readline().strip() for _ in range(ranks)]

    def pids(self):
        return [int(line.split()[-1]) for line in self.record.read_text(encoding="ascii").splitlines()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.folder.cleanup()


class Usage(unittest.TestCase):
    def test_malformed_numbers_of_ranks_name_the_flag_and_return_64(self):
        for value, found in (("0", "outside its range (found 0"), ("abc", "not a decimal number (found abc"),
                             ("1025", "outside its range (found 1025"), ("2.5", "(found 2.5"), ("-1", "(found -1")):
            done = run("-n", value, "--", "/bin/true")
            self.assertEqual((done.returncode, done.stdout), (64, ""), value)
            self.assertIn("error[bad_configuration] -n: ", done.stderr, value)
            self.assertIn(found, done.stderr)
            self.assertIn("expected 1 to 1024", done.stderr)

    def test_malformed_threads_and_intervals_name_the_flag_and_return_64(self):
        done = run("-n", "1", "--threads", "many", "--", "/bin/true")
        self.assertEqual(done.returncode, 64)
        self.assertIn("error[bad_configuration] --threads: not a decimal number (found many", done.stderr)
        done = run("-n", "1", "--report-waits", "soon", "--", "/bin/true")
        self.assertEqual(done.returncode, 64)
        self.assertIn("error[bad_configuration] --report-waits: not a length of time (found soon", done.stderr)

    def test_missing_ranks_and_missing_program_return_64(self):
        done = run("--", "/bin/true")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--ranks is required", done.stderr)
        done = run("-n", "2")
        self.assertEqual(done.returncode, 64)
        self.assertIn("hint: twill run --help", done.stderr)

    def test_a_mistyped_flag_is_answered_with_the_nearest(self):
        done = run("-n", "2", "--thread", "3", "--", "/bin/true")
        self.assertEqual(done.returncode, 64)
        self.assertIn("twill run has no flag --thread\nhint: did you mean --threads?", done.stderr)

    def test_a_program_that_is_not_there_is_named_with_a_hint(self):
        done = run("-n", "2", "--", TWILL[:-1])
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(f"there is no such program (found {TWILL[:-1]})\nhint: did you mean {TWILL}?", done.stderr)
        done = run("-n", "2", "--", "/etc/passwd")
        self.assertEqual(done.returncode, 2)
        self.assertIn("may not be executed (found /etc/passwd)", done.stderr)

    def test_ranks_inside_a_rank_are_refused_with_64(self):
        done = run("-n", "2", "--", TWILL, "run", "-n", "2", "--", "/bin/true")
        self.assertEqual(done.returncode, 64)
        self.assertIn("ranks cannot be started from inside a rank", done.stderr)

    def test_a_dry_run_prints_the_plan_and_starts_nothing(self):
        done = run("-n", "2", "--threads", "3", "--dry-run", *shell("echo started >&2"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("program    /bin/sh\narguments  -c 'echo started >&2'\n", done.stdout)
        self.assertRegex(done.stdout, r"rank 1 +TWILL_RANK=1 TWILL_SIZE=2 TWILL_JOB=\S+ TWILL_NUM_THREADS=3\n")

    def test_help_shows_examples(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("twill run -n 4 -- ./program input.json", done.stdout)
        self.assertIn("--report-waits", done.stdout)


class Ranks(unittest.TestCase):
    def test_arguments_reach_the_program_as_they_are(self):
        done = run("-n", "1", "--", "/bin/sh", "-c", 'printf "%s|" "$@"', "sh", "-n", "a b", "--", "--help", "*")
        self.assertEqual((done.returncode, done.stdout), (0, "-n|a b|--|--help|*|"))

    def test_ranks_size_and_threads_are_set(self):
        done = run("-n", "3", "--threads", "2", *shell('echo "$TWILL_RANK $TWILL_SIZE $TWILL_NUM_THREADS"'))
        self.assertEqual(sorted(done.stdout.splitlines()), ["0 3 2", "1 3 2", "2 3 2"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_stderr_is_prefixed_and_the_input_goes_to_the_first_rank(self):
        done = subprocess.run([TWILL, "run", "-n", "2", *shell("cat; echo e >&2")], env=environment(),
                              input="for rank 0\n", capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout, "for rank 0\n")
        self.assertEqual(sorted(done.stderr.splitlines()), ["[0] e", "[1] e"])

    def test_lines_of_stdout_and_stderr_in_one_pipe_are_not_torn(self):
        script = "i=0; while [ $i -lt 2000 ]; do echo out-$TWILL_RANK-$i-out; echo err-$i-err >&2; i=$((i+1)); done"
        done = subprocess.run([TWILL, "run", "-n", "3", *shell(script)], env=environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        wrong = [line for line in done.stdout.splitlines()
                 if not re.fullmatch(r"out-[012]-\d+-out|\[[012]\] err-\d+-err", line)]
        self.assertEqual(wrong, [])
        self.assertEqual(len(done.stdout.splitlines()), 12000)

    def test_the_first_failure_gives_the_code(self):
        done = run("-n", "3", *shell("[ $TWILL_RANK = 1 ] && exit 7; exit 0"))
        self.assertEqual(done.returncode, 7)
        self.assertEqual(done.stderr, "error[rank_failed]: rank 1 of 3 left with exit code 7\n")

    def test_a_rank_lost_by_a_signal_gives_4_and_is_named(self):
        done = run("-n", "3", *shell("ulimit -c 0; [ $TWILL_RANK = 2 ] && kill -SEGV $$; exit 0"))
        self.assertEqual(done.returncode, 4)
        self.assertIn("error[rank_failed]: rank 2 of 3 was killed by signal 11 (SIGSEGV)", done.stderr)

    def test_a_reader_that_leaves_ends_the_job(self):
        command = f"'{TWILL}' run -n 2 -- /bin/sh -c 'while :; do echo y; done' | head -n 1; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (128 + signal.SIGPIPE, "y\n"))


class Processes(unittest.TestCase):
    def test_every_recorded_process_is_gone_after_success_and_after_a_failure(self):
        for script, code in (("exit 0", 0), ("kill -9 $$", 4)):
            with tempfile.TemporaryDirectory() as folder:
                record = os.path.join(folder, "pids")
                self.assertEqual(run("-n", "3", "--record", record, *shell(script)).returncode, code)
                text = pathlib.Path(record).read_text(encoding="ascii")
                self.assertRegex(text, r"^launcher \d+\nguard \d+\nrank 0 \d+\nrank 1 \d+\nrank 2 \d+\n$")
                self.assertTrue(all_gone([int(n) for n in re.findall(r"\d+$", text, re.M)], 2), text)

    def test_a_killed_launcher_takes_ranks_and_their_children_with_it(self):
        # The child ignores what a shell or a terminal would send; only the guard's kill reaches it.
        script = "trap '' HUP TERM INT; sleep 1000 & echo $!; wait; sleep 1000"
        with Recorded(3, script) as job:
            pids = job.pids() + [int(line) for line in job.lines]
            self.assertEqual(len(pids), 8)
            self.assertTrue(all(alive(p) for p in pids))
            job.process.send_signal(signal.SIGKILL)
            self.assertTrue(all_gone(pids, 3), [p for p in pids if alive(p)])

    def test_children_that_a_rank_leaves_end_with_it(self):
        done = run("-n", "2", *shell("trap '' HUP; sleep 1000 & echo $!"))
        self.assertEqual(done.returncode, 0)
        self.assertTrue(all_gone([int(line) for line in done.stdout.split()], 2))

    def test_nothing_is_left_in_shared_memory(self):
        before = set(os.listdir("/dev/shm"))
        run("-n", "2", *shell("kill -9 $$"))
        # Programs that run beside have names of theirs for a while.
        self.assertTrue(eventually(lambda: [n for n in set(os.listdir("/dev/shm")) - before if "twill" in n] == []))


class Signals(unittest.TestCase):
    def test_an_interrupt_reaches_every_rank_and_a_clean_stop_returns_0(self):
        with Recorded(2, "trap 'echo stopped $TWILL_RANK; exit 0' INT; echo ready; while :; do sleep 0.01; done") as job:
            job.process.send_signal(signal.SIGINT)
            out, err = job.process.communicate(timeout=20)
            self.assertEqual((job.process.returncode, sorted(out.split("\n"))), (0, ["", "stopped 0", "stopped 1"]))
            self.assertIn("SIGINT passed on to 2 ranks; a second one kills them", err)

    def test_a_second_interrupt_kills_ranks_that_do_not_listen(self):
        with Recorded(2, "trap '' INT; echo ready; while :; do sleep 0.05; done") as job:
            pids = job.pids()
            while job.process.poll() is None:
                job.process.send_signal(signal.SIGINT)
                select.select([], [], [], 0.02)
            self.assertEqual(job.process.returncode, 130)
            self.assertTrue(all_gone(pids, 2))

    def test_a_termination_gives_143(self):
        with Recorded(2, "echo ready; while :; do sleep 0.01; done") as job:
            job.process.send_signal(signal.SIGTERM)
            job.process.communicate(timeout=20)
            self.assertEqual(job.process.returncode, 143)

    def test_stop_and_continue_reach_the_ranks(self):
        # One process a rank: a shell that is stopped between its vfork and the child's exec shows as D, not T.
        with Recorded(2, "echo ready; exec sleep 1000") as job:
            ranks = job.pids()[2:]
            job.process.send_signal(signal.SIGTSTP)
            pid, status = os.waitpid(job.process.pid, os.WUNTRACED)
            self.assertTrue(os.WIFSTOPPED(status))
            self.assertTrue(eventually(lambda: [state(r) for r in ranks] == ["T", "T"]))
            job.process.send_signal(signal.SIGCONT)
            self.assertTrue(eventually(lambda: "T" not in [state(r) for r in ranks]))

    def test_sigquit_tells_who_waits_and_ends_nothing(self):
        with Recorded(2, "echo ready; while :; do sleep 0.01; done") as job:
            job.process.send_signal(signal.SIGQUIT)
            self.assertRegex(job.process.stderr.readline(), r"^twill run: 2 of 2 ranks are running, job \S+\n$")
            self.assertEqual(job.process.stderr.readline(), "rank 0: not started\n")
            self.assertIsNone(job.process.poll())


class Terminal(unittest.TestCase):
    def setUp(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(TWILL, [TWILL, "run", "-n", "2", "--", "/bin/sh", "-c",
                              "trap 'echo stop $TWILL_RANK; exit 0' INT; echo ready; read a; echo got $a; "
                              "while :; do sleep 0.01; done"], environment())
        self.seen = ""

    def tearDown(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)

    def wait_for(self, text, times=1):
        while self.seen.count(text) < times:
            ready = select.select([self.fd], [], [], 20)[0]
            self.assertTrue(ready, self.seen)
            try:
                self.seen += os.read(self.fd, 4096).decode()
            except OSError:
                self.assertGreaterEqual(self.seen.count(text), times, self.seen)

    def test_typed_lines_reach_the_first_rank_and_ctrl_c_reaches_every_rank_once(self):
        self.wait_for("ready", 2)
        os.write(self.fd, b"hello\n")
        self.wait_for("got hello")
        os.write(self.fd, b"\x03")
        self.wait_for("stop 0")
        self.wait_for("stop 1")
        _, status = os.waitpid(self.pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.assertEqual(self.seen.count("stop"), 2)


if __name__ == "__main__":
    at = sys.argv.index("--twill")
    TWILL = os.path.abspath(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    unittest.main(verbosity=2)
