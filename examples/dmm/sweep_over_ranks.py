# SPDX-License-Identifier: Apache-2.0
"""How many kinds of community are in a table of counts: a sweep dealt out over the ranks of a job.

    twill run -n 2 -- python3 examples/dmm/sweep_over_ranks.py
"""
import numpy as np

rng = np.random.default_rng(1)
counts = np.concatenate([rng.poisson(means, (40, 4)) for means in ([20, 6, 2, 1], [2, 3, 15, 9])]) + 1

# [snippet:sweep]
import twillhpc
from twillhpc.dmm import fit_range

with twillhpc.start() as here:
    sweep = fit_range(counts, range(1, 5), n_init=2, random_state=1, ranks=here)
    if here.rank == 0:
        print(f"{sweep.best().n_components} kinds of community")
# [end:sweep]
