"""Temporary files of the tests in memory, where there is room (Linux): databases there cost no disk.

The disk was half of what a database of a test's own cost, and of every commit. What tests prove about a crash is of
processes that are killed, whose files outlive them in memory, too.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
NEEDED = 3 * 1024**3  # twice what a whole run has in use at most


def keep_temporary_files_in_memory() -> None:
    """Let this process and those it starts make their temporary files in memory, unless `TMPDIR` says where."""
    if "TMPDIR" in os.environ or not os.access(IN_MEMORY, os.W_OK) or _room() < NEEDED:
        return
    os.environ["TMPDIR"] = str(IN_MEMORY)
    tempfile.tempdir = None  # is worked out anew


def _room() -> int:
    """What may be written there without the machine running out of memory, in bytes."""
    meminfo = Path("/proc/meminfo").read_text().splitlines()
    available = next(int(line.split()[1]) * 1024 for line in meminfo if line.startswith("MemAvailable:"))
    return min(available, shutil.disk_usage(IN_MEMORY).free)
