# SPDX-License-Identifier: Apache-2.0
"""What a figure was measured on. No host name and no path: results are published."""

import os
import platform
import re
import subprocess
from pathlib import Path


def read(path, default=""):
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return default


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else ""


def cache(build, name):
    found = re.search(rf"^{name}:\w+=(.*)$", read(build / "CMakeCache.txt"), re.M)
    return found.group(1) if found else ""


def describe(build, source):
    cpu = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"), re.M)
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', read("/etc/os-release"), re.M)
    kind = cache(build, "CMAKE_BUILD_TYPE")
    flags = f"{cache(build, 'CMAKE_CXX_FLAGS')} {cache(build, f'CMAKE_CXX_FLAGS_{kind.upper()}')}".split()
    commit = first_line("git", "-C", str(source), "rev-parse", "--short=12", "HEAD")
    if commit and first_line("git", "-C", str(source), "status", "--porcelain", "--untracked-files=no"):
        commit += " with local changes"
    version = re.search(r"project\(twill VERSION ([\d.]+)", read(source / "CMakeLists.txt"))
    return {
        "processor": cpu.group(1).strip() if cpu else platform.machine(),
        "cores allowed": len(os.sched_getaffinity(0)),
        "cgroup cpu.max": read("/sys/fs/cgroup/cpu.max", "unknown"),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "unknown"),
        "memory GiB": round(int(memory.group(1)) / 2**20, 1) if memory else "unknown",
        "system": system.group(1) if system else platform.system(),
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "compiler": first_line(cache(build, "CMAKE_CXX_COMPILER") or "c++", "--version") or "unknown",
        "build": " ".join([kind, *flags]),
        "python": platform.python_version(),
        "twill": version.group(1) if version else "unknown",
        "commit": commit or "unknown",
        "load average": " ".join(f"{x:.2f}" for x in os.getloadavg()),
    }
