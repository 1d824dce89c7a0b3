# SPDX-License-Identifier: Apache-2.0
"""Another form of a case that means the same: elements and rows in reverse order, things with other numbers."""

import csv
import json
import re
import shutil

NUMBERED = {
    "bus_id",
    "constraint_id",
    "downstream_id",
    "hydro_id",
    "line_id",
    "ncs_id",
    "source_bus_id",
    "source_id",
    "target_bus_id",
    "thermal_id",
}
TERM = re.compile(r"(\w+)\((\d+)")


def numbered(number):
    """Another number for a thing; the order of the numbers stays, for it is the order of the entities."""
    return 3 * number + 5


def renumbered(key, value):
    if key in NUMBERED and value is not None:
        return numbered(value)
    if key == "expression":
        return TERM.sub(lambda m: f"{m[1]}({numbered(int(m[2]))}", value)
    return value


def walk(item, entities):
    """`entities`: an array of things that have numbers."""
    if isinstance(item, list):
        return [walk(x, entities) for x in (reversed(item) if entities else item)]
    if isinstance(item, dict):
        return {
            k: numbered(v) if entities and k == "id" else renumbered(k, walk(v, False)) for k, v in reversed(item.items())
        }
    return item


def shuffled(case, to):
    """Copies `case` to `to`, changed; tables are CSV. A case with correlation is not for this: its groups name entities by id."""
    shutil.copytree(case, to, ignore=shutil.ignore_patterns("*.parquet", "output"))
    if (to / "scenarios/correlation.json").exists():
        raise ValueError(f"{case}: found scenarios/correlation.json, expected a case without one")
    for path in [*to.glob("system/*.json"), *to.glob("constraints/generic_constraints.json")]:
        top = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({k: walk(v, True) for k, v in top.items()}), encoding="utf-8")
    for path in [to / "initial_conditions.json", *to.glob("*/*factors.json")]:
        if path.exists():
            top = json.loads(path.read_text(encoding="utf-8"))
            changed = {k: list(reversed(walk(v, False))) if isinstance(v, list) else v for k, v in top.items()}
            path.write_text(json.dumps(changed), encoding="utf-8")
    for path in to.glob("*/*.csv"):
        with open(path, encoding="utf-8") as table:
            rows = list(csv.reader(table))
        body = [
            [str(numbered(int(value))) if name in NUMBERED and value else value for name, value in zip(rows[0], row)]
            for row in reversed(rows[1:])
        ]
        with open(path, "w", encoding="utf-8", newline="") as table:
            csv.writer(table).writerows([rows[0], *body])
    return to
