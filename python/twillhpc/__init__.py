# SPDX-License-Identifier: Apache-2.0
"""Python bindings of Twill."""

from ._runtime import Runtime, local, start, topology
from ._threads import num_threads, set_num_threads

__all__ = ["Runtime", "local", "num_threads", "set_num_threads", "start", "topology"]
__version__ = "0.1.0"
