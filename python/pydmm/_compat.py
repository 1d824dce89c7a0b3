# SPDX-License-Identifier: Apache-2.0
import os

_chosen = None


def set_compat(mode):
    """"peer": the figures of pyDMM 0.2.2; None or "exact": the right ones. Wins over PYDMM_COMPAT."""
    global _chosen
    if mode not in (None, "exact", "peer"):
        raise ValueError(f"compat is 'peer', 'exact' or None, found {mode!r}")
    _chosen = mode


def peer_hessian():
    mode = _chosen if _chosen is not None else os.environ.get("PYDMM_COMPAT", "")
    if mode not in ("", "exact", "peer"):
        raise ValueError(f"PYDMM_COMPAT is 'peer' or 'exact', found {mode!r}")
    return mode == "peer"
