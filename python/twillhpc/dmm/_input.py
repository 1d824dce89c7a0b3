# SPDX-License-Identifier: Apache-2.0
"""Tables of counts from what Python users have: arrays, frames, scipy's sparse matrices, lists."""

import numbers

import numpy as np

from .._core import dmm as _core

MAX_INT = 2**31 - 1
EMPTY = "Array dimensions and n_components must be positive"


def is_frame(X):
    return hasattr(X, "columns") and hasattr(X, "iloc") and hasattr(X, "to_numpy")


def is_sparse(X):
    return hasattr(X, "tocsr") and hasattr(X, "nnz")


def column_names(X):
    return np.asarray(X.columns, dtype=object) if is_frame(X) else None


def row_names(X):
    return list(X.index) if is_frame(X) else None


def _named(names, index):
    return repr(names[index]) if names is not None else str(index)


def _to_numbers(X):
    """The values as a numeric array; text names its column."""
    if is_frame(X):
        for name, column in zip(X.columns, (X[c] if X.columns.is_unique else X.iloc[:, i] for i, c in enumerate(X.columns))):
            if column.dtype == object or str(column.dtype) in ("string", "category", "str"):
                try:
                    np.asarray(column.to_numpy(), dtype=np.float64)
                except (TypeError, ValueError):
                    raise ValueError(f"Input column {name!r} holds values that are not numbers") from None
        values = X.to_numpy()
    else:
        values = np.asarray(X)
    if values.dtype.kind in "OUSV":
        try:
            as_float = values.astype(np.float64)
        except TypeError as e:
            raise TypeError(f"Input holds values that are not numbers: {e}") from None
        except ValueError:
            raise ValueError("Input holds values that are not numbers") from None
        return as_float
    if values.dtype.kind == "c":
        raise ValueError("Complex data not supported")
    return values


def _check_finite(values, rows, columns):
    if values.dtype.kind != "f":
        return
    bad = ~np.isfinite(values)
    if bad.any():
        i, j = np.argwhere(bad)[0]
        what = "NaN" if np.isnan(values[i, j]) else "infinity"
        raise ValueError(f"Input contains {what} at row {_named(rows, i)}, column {_named(columns, j)}")


def _check_range(values, rows, columns, most):
    if values.size and values.max() > most:
        i, j = np.argwhere(values > most)[0]
        raise ValueError(
            f"Input value {values[i, j]:.0f} at row {_named(rows, i)}, column {_named(columns, j)} is too large "
            f"(at most {most})"
        )


def whole(values, coerce, rows=None, columns=None):
    """Whole numbers of a 2-D array of numbers. `coerce`: None refuses fractions; truncate, round."""
    _check_finite(values, rows, columns)
    if values.size and values.min() < 0:
        raise ValueError("Negative values in data: input data cannot contain negative values")
    if values.dtype.kind == "f":
        cut = np.trunc(values)
        if not np.array_equal(cut, values):
            if coerce is None:
                i, j = np.argwhere(cut != values)[0]
                raise ValueError(
                    f"Input value {values[i, j]!r} at row {_named(rows, i)}, column {_named(columns, j)} is not a whole "
                    "number; coerce='round' or coerce='truncate' makes it one"
                )
            values = cut if coerce == "truncate" else np.rint(values)
        _check_range(values, rows, columns, 2**53)
        return np.ascontiguousarray(values, dtype=np.float64)
    if values.dtype.kind == "b":
        return np.ascontiguousarray(values, dtype=np.int32)
    _check_range(values, rows, columns, 2**53)
    if values.dtype == np.int32:
        return np.ascontiguousarray(values)
    return np.ascontiguousarray(values, dtype=np.int64)


def _zero_rows(totals, names):
    empty = np.flatnonzero(totals == 0)
    shown = ", ".join(_named(names, i) for i in empty[:10])
    more = f" and {len(empty) - 10} more" if len(empty) > 10 else ""
    raise ValueError(f"Input has samples without counts (rows {shown}{more}); leave them out, no component fits them")


def table_of(X, *, coerce=None, keep_zero_rows=False, threads=0, most=None):
    """A count table of X, and which of its rows have counts. Requires: X has two dimensions."""
    rows, columns = row_names(X), column_names(X)
    if is_sparse(X):
        csr = X.tocsr()
        if not csr.has_canonical_format:
            csr = csr.copy()
            csr.sum_duplicates()
        values = whole(np.asarray(csr.data).reshape(1, -1), coerce).ravel() if csr.nnz else csr.data
        totals = np.asarray(csr.sum(axis=1), dtype=np.float64).ravel()
        if not keep_zero_rows and (totals == 0).any():
            _zero_rows(totals, rows)
        numbers_ = values if values.dtype == np.float64 else values.astype(np.int64, copy=False)
        return (
            _core.from_csr(
                csr.shape[0],
                csr.shape[1],
                csr.indptr.astype(np.int64, copy=False),
                csr.indices.astype(np.int32, copy=False),
                np.ascontiguousarray(numbers_),
                keep_zero_rows,
                threads,
            ),
            totals > 0,
        )
    values = whole(_to_numbers(X), coerce, rows, columns)
    if most is not None:
        _check_range(values, rows, columns, most)
    totals = values.sum(axis=1, dtype=np.float64)
    if not keep_zero_rows and (totals == 0).any():
        _zero_rows(totals, rows)
    return _core.from_dense(values, keep_zero_rows, threads), totals > 0


def check_components(n):
    if isinstance(n, bool) or not isinstance(n, numbers.Integral):
        raise TypeError(f"n_components must be a whole number, found {n!r}")
    if n < 1:
        raise ValueError(EMPTY)
    return int(n)


def seed_of(random_state):
    """An unsigned 32-bit seed: of an integer modulo 2^32, fresh of None, drawn of a generator."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return int(random_state) % 2**32
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**32))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**32, dtype=np.uint64))
    raise TypeError(f"random_state is None, a whole number or a generator, found {random_state!r}")
