#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the concept page has to say and may not say, the batch scripts, and who looks for another scheduler."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/concepts/hybrid-parallelism.md"
SCRIPTS = sorted((ROOT / "deploy/slurm").glob("*.sbatch"))


def sections(text):
    """Heading to text, up to the next heading of the same or a higher level."""
    found = {}
    heads = list(re.finditer(r"^(#{2,3}) (.*)$", text, re.M))
    for i, head in enumerate(heads):
        ends = [h.start() for h in heads[i + 1:] if len(h.group(1)) <= len(head.group(1))]
        found[head.group(2)] = text[head.end():ends[0] if ends else len(text)]
    return found


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = PAGE.read_text(encoding="utf-8")
        cls.sections = sections(cls.text)

    def section(self, number):
        found = [text for name, text in self.sections.items() if name.startswith(f"{number}. ")]
        self.assertEqual(len(found), 1, number)
        return found[0]

    def test_it_has_sections_1_to_8_with_6a_and_a_list_of_cross_references(self):
        numbers = [name.split(".")[0] for name in self.sections]
        self.assertEqual(numbers, ["1", "2", "3", "4", "5", "6", "6a", "7", "8", "Cross references"])
        self.assertGreater(len(re.findall(r"^- \[", self.sections["Cross references"], re.M)), 5)

    def test_the_row_of_threading_names_work_stealing(self):
        row = re.search(r"^\| Intra-rank threading \|.*$", self.text, re.M)
        self.assertIsNotNone(row)
        self.assertIn("work stealing", row.group(0))

    def test_section_4_has_no_placement_variables_of_another_scheduler(self):
        for word in ("OMP_PROC_BIND", "OMP_PLACES"):
            self.assertNotIn(word, self.section(4))

    def test_section_5_speaks_of_no_foreign_calls(self):
        for word in ("C FFI", "trampoline"):
            self.assertNotIn(word, self.section(5))

    def test_openmp_is_deferred_a_peer_or_suppressed(self):
        paragraphs = [p for p in re.split(r"\n\n", self.text) if "OpenMP" in p]
        self.assertGreater(len(paragraphs), 1)
        for p in paragraphs:
            self.assertRegex(p, r"deferred|peer|suppressed", p)

    def test_a_paragraph_says_that_the_scheduler_is_encapsulated(self):
        found = [p for p in re.split(r"\n\n", self.section(1)) if "scheduler is encapsulated" in p]
        self.assertEqual(len(found), 1)

    def test_every_link_resolves(self):
        prose = re.sub(r"(?ms)^```.*?^```$", "", self.text)
        links = re.findall(r"\]\(([^)#\s]+)", prose)
        self.assertGreater(len(links), 8)
        for link in links:
            if not link.startswith("http"):
                self.assertTrue((PAGE.parent / link).resolve().is_file(), link)

    def test_the_reference_deployment_has_figures_that_were_measured(self):
        self.assertRegex(self.section(8), r"8 ranks of 16 threads")
        self.assertRegex(self.section(8), r"\| .*\d+(\.\d+)? (ms|s|%) ")


class Build(unittest.TestCase):
    def test_no_cmake_file_but_those_of_benchmarks_looks_for_openmp(self):
        seen = 0
        for file in [*ROOT.glob("libs/**/CMakeLists.txt"), *ROOT.glob("libs/**/*.cmake"), *ROOT.glob("cmake/*.cmake"),
                     *ROOT.glob("examples/**/CMakeLists.txt"), *ROOT.glob("apps/**/CMakeLists.txt"), ROOT / "CMakeLists.txt"]:
            text = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
            self.assertNotRegex(text, r"(?i)openmp(?!i)", str(file))
            seen += 1
        self.assertGreater(seen, 5)


class Scripts(unittest.TestCase):
    def test_there_are_four(self):
        self.assertEqual([s.stem for s in SCRIPTS], ["array", "dev", "one-per-node", "production"])

    def test_each_has_every_option_of_the_table(self):
        for script in SCRIPTS:
            text = script.read_text(encoding="utf-8")
            for needed in ("--ntasks-per-node=", "--cpus-per-task=", '--cpus-per-task="$SLURM_CPUS_PER_TASK"', "--mpi=",
                           "--kill-on-bad-exit=1", "--cpu-bind=cores", "--mem-bind=local", "--distribution=block:block",
                           "#SBATCH --signal=TERM@60\n", "#SBATCH --exclusive", "#SBATCH --mem=0",
                           "export TWILL_NUM_THREADS=$SLURM_CPUS_PER_TASK", "unset OMP_PROC_BIND OMP_PLACES"):
                self.assertIn(needed, text, script.name)
            self.assertNotIn("OMP_NUM_THREADS", text)

    def test_the_page_says_what_a_lost_node_does(self):
        text = (ROOT / "docs/how-to/run-under-slurm.md").read_text(encoding="utf-8")
        paragraph = next(p for p in text.split("\n\n") if p.startswith("A lost node"))
        for word in ("NodeFail", "MPICH", "Open MPI", "--resume"):
            self.assertIn(word, paragraph)

    def test_each_hands_its_words_to_srun_with_the_environment_of_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            srun = pathlib.Path(folder) / "srun"
            srun.write_text('#!/bin/sh\nfor w in "$@"; do echo "$w"; done\necho "threads=$TWILL_NUM_THREADS places=$OMP_PLACES"\n'
                            'echo "end=${SLURM_JOB_END_TIME:-none}"\n',
                            encoding="utf-8")
            srun.chmod(0o755)
            squeue = pathlib.Path(folder) / "squeue"
            squeue.write_text('#!/bin/sh\ncase "$*" in *=8*) echo 2031-02-03T04:05:06 ;; *) echo NONE ;; esac\n', encoding="utf-8")
            squeue.chmod(0o755)
            env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "SLURM_CPUS_PER_TASK": "7", "OMP_PLACES": "cores",
                   "SLURM_ARRAY_TASK_ID": "3", "TWILL_SLURM_MPI": "pmix"}
            env.pop("SLURM_JOB_ID", None)
            for script in SCRIPTS:
                done = subprocess.run([str(script), "program", "two words", "--flag"], env=env, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                words = done.stdout.splitlines()
                self.assertEqual(words[-5:], ["program", "two words", "--flag", "threads=7 places=", "end=none"], script.name)
                for job, end in (("8", "1927857906"), ("9", "none")):
                    done = subprocess.run([str(script), "program"], env={**env, "SLURM_JOB_ID": job, "TZ": "UTC"},
                                          capture_output=True, text=True)
                    self.assertEqual(done.stdout.splitlines()[-1], f"end={end}", done.stderr)
                self.assertEqual(words[:2], ["--mpi=pmix", "--cpus-per-task=7"])
                refused = subprocess.run([str(script)], env=env, capture_output=True, text=True)
                self.assertEqual(refused.returncode, 64, script.name)


if __name__ == "__main__":
    unittest.main()
