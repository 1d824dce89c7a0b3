# SPDX-License-Identifier: Apache-2.0
"""Python bindings of Twill."""

from ._threads import num_threads, set_num_threads

__all__ = ["num_threads", "set_num_threads"]
__version__ = "0.1.0"
