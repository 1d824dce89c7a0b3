# SPDX-License-Identifier: Apache-2.0
"""Installs a build tree and builds against it as a stranger would: outside the tree, in every way that we
promise.

python3 tests/package/package_test.py BUILD_DIR [unittest arguments]
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
EXPECTED = (HERE / "expected.txt").read_text(encoding="utf-8")
# What parts/<part>.cpp prints.
PRINTED = {
    "table": "0.5 0.25 0.125 0.5 0.25 0.125 \n",
    "report": "name   level (m)\n-----  ---------\nupper       0.5\nlower      12.25\n",
    "par": "42 on 3 threads\n",
    "lanes": "1.5 4.5, sum 9\n",
    "sddp": "cascade head-effect one-reservoir risk-averse thermal-only \n1 error, unreadable: yes\n",
    "comm": "rank 0 of 1 over local: sum 1, pi 3.141592653590\n",
    "hybrid": "rank 0 of 1, 2 threads, 10 in blocks of 3 3 2 2\n",
    "dmm": "4 samples, 2 components, weights 1.00\n",
}
BUILD = None  # the build tree under test, from the command line


def cache_value(name):
    found = re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"), re.M)
    return found.group(1) if found else ""


def clean_environment(**more):
    """Nothing of the surroundings helps a package to be found."""
    drop = (
        "CMAKE_PREFIX_PATH",
        "PKG_CONFIG_PATH",
        "twill_DIR",
        "twill_ROOT",
        "CPATH",
        "LIBRARY_PATH",
        "LD_LIBRARY_PATH",
    )
    return {**{k: v for k, v in os.environ.items() if k not in drop}, "LC_ALL": "C.UTF-8", **more}


def run(command, **options):
    environment = options.pop("env", None) or clean_environment()
    return subprocess.run(
        [str(c) for c in command],
        text=True,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=500,
        **options,
    )


class Package(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.work = Path(
            tempfile.mkdtemp(prefix="twill package ")
        )  # a blank in the path: quoting is part of the promise
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.prefix = cls.work / "prefix"
        done = run(["cmake", "--install", BUILD, "--prefix", cls.prefix])
        if done.returncode != 0:
            raise AssertionError(f"the installation failed:\n{done.stdout}")
        shutil.copytree(HERE, cls.work / "consumers", ignore=shutil.ignore_patterns("__pycache__"))

    def configure(self, consumer, *settings, prefix=None, name=None):
        build = self.work / (name or f"build {consumer}")
        command = [
            "cmake",
            "-S",
            self.work / "consumers" / consumer,
            "-B",
            build,
            "-G",
            "Ninja",
            f"-DCMAKE_CXX_COMPILER={cache_value('CMAKE_CXX_COMPILER')}",
            *settings,
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={cache_value('CMAKE_CXX_COMPILER_LAUNCHER')}",
            "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF",
            f"-DCMAKE_PREFIX_PATH={prefix or self.prefix}",
        ]
        return build, run(command)

    def build_and_run(self, consumer, *settings, prefix=None, name=None):
        build, configured = self.configure(consumer, *settings, prefix=prefix, name=name)
        self.assertEqual(configured.returncode, 0, configured.stdout)
        built = run(["cmake", "--build", build, "--target", "consumer"])
        self.assertEqual(built.returncode, 0, built.stdout)
        ran = run([build / "consumer"])
        self.assertEqual((ran.returncode, ran.stdout), (0, EXPECTED))
        return configured.stdout

    def pkg_config_folder(self, prefix):
        return prefix / cache_value("CMAKE_INSTALL_LIBDIR") / "pkgconfig"

    def build_by_pkg_config(self, prefix, output):
        # PKG_CONFIG_LIBDIR shuts the system's packages out: what the .pc files name, the prefix has.
        environment = clean_environment(PKG_CONFIG_LIBDIR=str(self.pkg_config_folder(prefix)))
        return run(
            [
                "sh",
                self.work / "consumers" / "pkg_config" / "build.sh",
                cache_value("CMAKE_CXX_COMPILER"),
                self.work / "consumers" / "consumer.cpp",
                output,
            ],
            env=environment,
        )

    def test_find_package_gives_a_component_that_needs_only_threads(self):
        out = self.build_and_run("find_package")
        needs = re.search(r"twill::base needs: (.*)", out).group(1).split(";")
        self.assertEqual(
            [n for n in needs if n and not re.fullmatch(r"\$<LINK_ONLY:>", n)], ["Threads::Threads"]
        )

    def test_find_package_works_after_the_prefix_moved(self):
        moved = self.work / "moved elsewhere"
        shutil.copytree(self.prefix, moved)
        hidden = self.prefix.rename(self.work / "hidden")
        try:
            self.build_and_run("find_package", prefix=moved, name="build moved")
            done = self.build_by_pkg_config(moved, self.work / "moved by pkg-config")
            self.assertEqual(done.returncode, 0, done.stdout)
            ran = run([self.work / "moved by pkg-config"])
            self.assertEqual((ran.returncode, ran.stdout), (0, EXPECTED))
        finally:
            hidden.rename(self.prefix)

    def test_no_installed_text_file_names_the_prefix_or_the_source_tree(self):
        checked = 0
        for path in sorted(self.prefix.rglob("*")):
            if path.suffix in (".cmake", ".pc", ".hpp"):
                text = path.read_text(encoding="utf-8")
                for place in (self.prefix, SOURCE, BUILD):
                    self.assertNotIn(str(place), text, path.name)
                checked += 1
        self.assertGreaterEqual(checked, 7)

    def test_add_subdirectory_builds_the_part_and_nothing_else(self):
        out = self.build_and_run(
            "add_subdirectory",
            f"-DTWILL_SOURCE={SOURCE}",
            "-DTWILL_PARTS=base",
            "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra",
        )
        for option in ("BUILD_TESTS", "BUILD_APPS", "BUILD_EXAMPLES", "BUILD_BENCH", "INSTALL"):
            self.assertIn(f"-- TWILL_{option}=OFF\n", out)

    def test_pkg_config_is_enough_without_cmake(self):
        output = self.work / "by pkg-config"
        done = self.build_by_pkg_config(self.prefix, output)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        ran = run([output])
        self.assertEqual((ran.returncode, ran.stdout), (0, EXPECTED))

    def installed_parts(self):
        stems = {p.stem.removeprefix("twill-") for p in self.pkg_config_folder(self.prefix).glob("*.pc")}
        # comm_mpi needs an MPI library as well, so its program has a test of its own.
        self.assertLessEqual(stems, {"base", "comm_mpi", *PRINTED}, "a part without a program under parts/")
        return sorted(stems & set(PRINTED))

    def test_find_package_links_every_part_with_what_it_needs(self):
        parts = self.installed_parts()
        source = self.work / "consumers" / "parts"
        programs = ";".join(f"{part}={part}.cpp" for part in parts)
        build, done = self.configure("parts", f"-DPROGRAMS={programs}")
        self.assertEqual(done.returncode, 0, done.stdout)
        built = run(["cmake", "--build", build])
        self.assertEqual(built.returncode, 0, built.stdout)
        for part in parts:
            self.assertTrue((source / f"{part}.cpp").is_file())
            ran = run([build / f"{part}_program"])
            self.assertEqual((ran.returncode, ran.stdout), (0, PRINTED[part]), part)

    def test_pkg_config_links_every_part_with_what_it_needs(self):
        # The codecs' and the topology library's own .pc files come from the system.
        environment = clean_environment(PKG_CONFIG_PATH=str(self.pkg_config_folder(self.prefix)))
        consumers = self.work / "consumers"
        for part in self.installed_parts():
            output = self.work / f"{part} by pkg-config"
            done = run(
                [
                    "sh",
                    consumers / "pkg_config" / "build.sh",
                    cache_value("CMAKE_CXX_COMPILER"),
                    consumers / "parts" / f"{part}.cpp",
                    output,
                    part,
                ],
                env=environment,
            )
            self.assertEqual((done.returncode, done.stdout), (0, ""), part)
            ran = run([output])
            self.assertEqual((ran.returncode, ran.stdout), (0, PRINTED[part]), part)

    def mpi_modules(self):
        """The installed modules whose compiler wrapper and launcher are here."""
        modules = {p.stem.removeprefix("libtwill_mpi_"): p for p in self.prefix.glob("lib/twill/libtwill_mpi_*.so")}
        return {
            library: path
            for library, path in modules.items()
            if shutil.which(f"mpicxx.{library}") and shutil.which(f"mpiexec.{library}")
        }

    def under_mpi(self, library, program, **environment):
        launch = [f"mpiexec.{library}", *(["--oversubscribe"] if library == "openmpi" else []), "-n", "2"]
        return run(
            [*launch, program],
            env=clean_environment(
                OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", **environment
            ),
        )

    def test_installed_modules_carry_ranks_of_programs_that_know_no_mpi(self):
        modules = self.mpi_modules()
        output = self.work / "ranks by pkg-config"
        build = self.work / "consumers" / "pkg_config" / "build.sh"
        source = self.work / "consumers" / "parts" / "comm.cpp"
        environment = clean_environment(PKG_CONFIG_PATH=str(self.pkg_config_folder(self.prefix)))
        if modules:
            done = run(["sh", build, cache_value("CMAKE_CXX_COMPILER"), source, output, "comm"], env=environment)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
        for library, path in modules.items():
            done = self.under_mpi(library, output, TWILL_MPI_LIB=str(path))
            expected = {f"rank {r} of 2 over mpi: sum 3, pi 6.283185307180" for r in (0, 1)}
            self.assertEqual((done.returncode, set(done.stdout.splitlines())), (0, expected), library)

    def test_a_host_program_with_its_own_mpi_is_built_against_the_installed_part(self):
        build = self.work / "consumers" / "pkg_config" / "build.sh"
        source = self.work / "consumers" / "parts" / "comm_mpi.cpp"
        environment = clean_environment(
            PKG_CONFIG_PATH=str(self.pkg_config_folder(self.prefix)), OMPI_CXX="g++", MPICH_CXX="g++"
        )
        for library, path in self.mpi_modules().items():
            output = self.work / f"host of {library}"
            done = run(["sh", build, f"mpicxx.{library}", source, output, "comm_mpi"], env=environment)
            self.assertEqual((done.returncode, done.stdout), (0, ""), library)
            done = self.under_mpi(library, output, TWILL_MPI_LIB=str(path))
            self.assertEqual((done.returncode, done.stdout), (0, f"sum 3 of 2 ranks on {library}\n"))

    def test_the_source_of_the_mpi_module_is_installed_whole(self):
        sources = sorted((self.prefix / "share" / "twill" / "mpi").glob("*.cpp"))
        if self.mpi_modules():
            self.assertIn("mpi_backend.cpp", [s.name for s in sources])
        for library in self.mpi_modules():
            done = run(
                [f"mpicxx.{library}", "-std=c++20", "-fsyntax-only", "-I", self.prefix / "include", *sources],
                env=clean_environment(OMPI_CXX="g++", MPICH_CXX="g++"),
            )
            self.assertEqual((done.returncode, done.stdout), (0, ""), library)

    def test_the_word_count_counts_the_same_in_series_and_on_1_2_and_7_threads(self):
        if "par" not in self.installed_parts():
            return
        environment = clean_environment(PKG_CONFIG_PATH=str(self.pkg_config_folder(self.prefix)))
        output = self.work / "word count"
        program = SOURCE / "examples" / "par" / "word_count.cpp"
        build = self.work / "consumers" / "pkg_config" / "build.sh"
        done = run(["sh", build, cache_value("CMAKE_CXX_COMPILER"), program, output, "par"], env=environment)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        ran = [run([output, SOURCE / "docs", threads]) for threads in (1, 2, 7)]
        for one in ran:
            self.assertEqual((one.returncode, one.stdout), (0, ran[0].stdout))
            self.assertTrue(one.stdout.endswith("\nsame as serial\n"), one.stdout)

    def test_pkg_config_knows_the_version_and_every_installed_part(self):
        folder = self.pkg_config_folder(self.prefix)
        version = re.search(
            r"project\(twill VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text("utf-8")
        ).group(1)
        parts = sorted(p.stem for p in folder.glob("*.pc"))
        self.assertIn("twill-base", parts)
        for part in parts:
            done = run(
                ["pkg-config", "--modversion", part], env=clean_environment(PKG_CONFIG_PATH=str(folder))
            )
            self.assertEqual((done.returncode, done.stdout), (0, f"{version}\n"), part)

    def test_a_missing_component_is_named_with_those_that_exist(self):
        _, done = self.configure("components", "-DCASE=missing", name="build missing")
        self.assertNotEqual(done.returncode, 0)
        words = " ".join(done.stdout.split())
        self.assertRegex(words, r"this installation of twill has no component 'loom' \(it has: base\b[^)]*\)")

    def test_a_missing_optional_component_is_only_not_found(self):
        _, done = self.configure("components", "-DCASE=optional", name="build optional")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"-- twill (1|TRUE), base TRUE, loom FALSE\n")

    def test_a_quiet_request_reports_and_goes_on(self):
        _, done = self.configure("components", "-DCASE=quiet", name="build quiet")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(
            done.stdout, r"-- twill (0|FALSE): this installation of twill has no component 'loom'"
        )

    def test_a_version_that_is_too_new_is_refused(self):
        _, done = self.configure("components", "-DCASE=version", name="build version")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('compatible with requested version "99.0"', " ".join(done.stdout.split()))

    def test_without_components_every_part_comes(self):
        _, done = self.configure("components", "-DCASE=all", name="build all")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("-- without components: base TRUE\n", done.stdout)


if __name__ == "__main__":
    BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main()
