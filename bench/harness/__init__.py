# SPDX-License-Identifier: Apache-2.0
"""Programs of a suite against each other: interleaved runs, paired ratios, a verdict that knows its noise."""
