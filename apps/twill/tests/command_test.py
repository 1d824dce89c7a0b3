#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end through the command: what it prints where, what it returns, and that its own examples work."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TWILL = None


def run(*words, env=None, stdin=None, stdout=subprocess.PIPE):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TWILL_", "RAYON_", "SLURM_", "NO_COLOR"))}
    environment.update(env or {})
    done = subprocess.run([TWILL, *words], env=environment, stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    return done


class Usage(unittest.TestCase):
    def test_a_mistyped_command_suggests_the_nearest_and_returns_64(self):
        done = run("docter")
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stdout, "")
        self.assertIn("error[usage]: twill has no command 'docter'", done.stderr)
        self.assertIn("hint: did you mean doctor?", done.stderr)

    def test_a_mistyped_flag_suggests_the_nearest_and_returns_64(self):
        done = run("doctor", "--jsno")
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stderr, "error[usage]: twill doctor has no flag --jsno\nhint: did you mean --json?\n")

    def test_a_flag_like_nothing_points_to_the_help(self):
        done = run("doctor", "--frobnicate")
        self.assertEqual(done.returncode, 64)
        self.assertIn("hint: twill doctor --help lists them", done.stderr)

    def test_a_missing_argument_returns_64(self):
        done = run("completion")
        self.assertEqual(done.returncode, 64)
        self.assertIn("shell is required", done.stderr)

    def test_a_value_outside_its_choices_returns_64_and_names_them(self):
        done = run("completion", "tcsh")
        self.assertEqual(done.returncode, 64)
        for shell in ("tcsh", "bash", "zsh", "fish"):
            self.assertIn(shell, done.stderr)

    def test_no_command_prints_help_on_stderr_and_returns_64(self):
        done = run()
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stdout, "")
        self.assertIn("doctor", done.stderr)

    def test_extra_words_return_64(self):
        done = run("version", "surplus")
        self.assertEqual(done.returncode, 64)
        self.assertIn("surplus", done.stderr)


class Help(unittest.TestCase):
    def commands(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        block = done.stdout.split("Subcommands:")[1].split("Examples:")[0]
        return re.findall(r"^  ([a-z][\w-]*)\s", block, re.M)

    def test_the_commands_of_this_build_are_listed(self):
        self.assertLessEqual({"doctor", "version", "completion"}, set(self.commands()))

    def test_every_command_has_help_with_an_example_and_returns_0(self):
        for name in self.commands():
            done = run(name, "--help")
            self.assertEqual(done.returncode, 0, name)
            self.assertEqual(done.stderr, "", name)
            self.assertRegex(done.stdout, rf"Examples:\n(.|\n)*twill {name}", name)


class Version(unittest.TestCase):
    def test_flag_and_command_agree(self):
        flag = run("--version").stdout
        self.assertRegex(flag, r"^twill \d+\.\d+\.\d+\n$")
        self.assertTrue(run("version").stdout.startswith(flag.strip()))

    def test_json_has_version_compiler_and_dependencies(self):
        data = json.loads(run("version", "--json").stdout)
        self.assertEqual("twill " + data["version"], run("--version").stdout.strip())
        self.assertIn("base", data["parts"].split())
        self.assertIn("fmt", [d["name"] for d in data["dependencies"] if d["found"]])


class Doctor(unittest.TestCase):
    def test_text_has_every_section(self):
        done = run("doctor")
        self.assertEqual(done.returncode, 0, done.stderr)
        for title in ("machine", "build", "compilers", "mpi", "python", "settings"):
            self.assertRegex(done.stdout, rf"(?mi)^{title}")

    def test_json_agrees_with_the_machine(self):
        data = json.loads(run("doctor", "--json").stdout)
        self.assertEqual(data["machine"]["affinity_cpus"], len(os.sched_getaffinity(0)))
        self.assertGreaterEqual(data["machine"]["available_cpus"], 1)
        self.assertLessEqual(data["machine"]["available_cpus"], len(os.sched_getaffinity(0)))

    def test_a_setting_from_the_environment_has_its_origin(self):
        data = json.loads(run("doctor", "--json", env={"TWILL_NUM_THREADS": "3"}).stdout)
        row = next(s for s in data["settings"] if s["variable"] == "TWILL_NUM_THREADS")
        self.assertEqual((row["value"], row["origin"], row["source"]), ("3", "environment", "TWILL_NUM_THREADS"))

    def test_a_default_says_so(self):
        data = json.loads(run("doctor", "--json").stdout)
        row = next(s for s in data["settings"] if s["variable"] == "TWILL_NUM_THREADS")
        self.assertEqual(row["origin"], "default")

    def test_an_unknown_variable_warns_with_the_nearest_known(self):
        done = run("doctor", env={"TWILL_NUM_THREDS": "3"})
        self.assertEqual(done.returncode, 0)
        self.assertIn("TWILL_NUM_THREDS", done.stderr)
        self.assertIn("did you mean TWILL_NUM_THREADS?", done.stderr)

    def test_malformed_values_are_errors_that_name_the_variable(self):
        for value in ("0x10", "1e400", "many", "-1", "1,5", "3 threads"):
            done = run("doctor", env={"TWILL_NUM_THREADS": value})
            self.assertEqual(done.returncode, 64, value)
            self.assertIn("error[bad_configuration] TWILL_NUM_THREADS", done.stderr, value)
            self.assertIn(value, done.stderr)
            self.assertEqual(done.stdout, "", value)

    def test_an_impossible_vector_level_is_refused(self):
        done = run("doctor", env={"TWILL_SIMD": "avx3"})
        self.assertEqual(done.returncode, 64)
        self.assertIn("TWILL_SIMD", done.stderr)
        self.assertIn("avx3", done.stderr)

    def test_several_malformed_values_are_all_reported(self):
        done = run("doctor", env={"TWILL_NUM_THREADS": "x", "TWILL_COMM": "carrier-pigeon"})
        self.assertEqual(done.returncode, 64)
        self.assertIn("TWILL_NUM_THREADS", done.stderr)
        self.assertIn("carrier-pigeon", done.stderr)


class Completion(unittest.TestCase):
    def complete(self, *words):
        script = (f"source <({TWILL} completion bash)\nCOMP_WORDS=(twill {' '.join(repr(w) for w in words)})\n"
                  f"COMP_CWORD={len(words)}\n_twill\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, cwd="/")
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_completes_commands_and_flags(self):
        self.assertEqual(self.complete("doc"), ["doctor"])
        self.assertEqual(self.complete("doctor", "--js"), ["--json"])

    def test_the_scripts_of_the_other_shells_name_every_command(self):
        for shell in ("zsh", "fish"):
            text = run("completion", shell).stdout
            for name in ("doctor", "version", "completion"):
                self.assertIn(name, text)


class Output(unittest.TestCase):
    def test_events_go_to_stderr_and_leave_stdout_alone(self):
        quiet = run("version")
        loud = run("doctor", env={"TWILL_LOG": "trace"})
        self.assertEqual(quiet.stderr, "")
        self.assertIn("asking the programs of this machine", loud.stderr)
        self.assertEqual(loud.stdout.splitlines()[0], "machine")
        self.assertNotIn("asking the programs", loud.stdout)

    def test_events_are_json_lines_when_asked(self):
        done = run("--log-level", "debug", "--log-format", "json", "doctor")
        events = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertEqual([e["event"] for e in events], ["hybrid.started", "apps.doctor.probe"])
        self.assertEqual([e["level"] for e in events], ["info", "debug"])

    def test_the_flag_is_stronger_than_the_environment(self):
        done = run("--log-level", "off", "doctor", "--json", env={"TWILL_LOG": "trace"})
        self.assertEqual(done.stderr, "")
        row = next(s for s in json.loads(done.stdout)["settings"] if s["variable"] == "TWILL_LOG")
        self.assertEqual((row["value"], row["origin"], row["source"]), ("off", "flag", "--log-level"))

    def test_a_full_device_is_an_error_with_exit_2(self):
        with open("/dev/full", "w") as full:
            done = run("version", stdout=full)
        self.assertEqual(done.returncode, 2)
        self.assertIn("error[disk_full] standard output: cannot write the result", done.stderr)


if __name__ == "__main__":
    at = sys.argv.index("--twill")
    TWILL = sys.argv[at + 1]
    del sys.argv[at:at + 2]
    unittest.main(verbosity=2)
