# SPDX-License-Identifier: Apache-2.0
"""What every test that starts ranks needs: surroundings without a launcher's variables, and whether a process is gone."""
import os
import pathlib
import resource

LAUNCHERS = ("TWILL_", "RAYON_", "SLURM_", "PMI", "OMPI_", "OMP_", "PBS_")


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(LAUNCHERS)}
    # Where a sanitizer is built in, a rank dies of its signal all the same.
    for sanitizer in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
        kept[sanitizer] = kept.get(sanitizer, "") + ":handle_segv=0:handle_abort=0"
    kept.update(extra or {})
    return kept


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def alive(pid):
    """Whether the process still does something: what only waits to be reaped is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat[stat.rindex(")") + 2] not in "ZX"
