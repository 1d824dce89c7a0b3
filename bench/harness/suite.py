# SPDX-License-Identifier: Apache-2.0
"""Reads bench/<part>/suite.json and says which mistake is where."""

import json
from pathlib import Path


class SuiteError(Exception):
    """A suite file that cannot be run, with the place in it."""


def fill(command, values):
    """{bin}, {seconds} and {workers} in a command."""
    try:
        return [word.format(**values) for word in command]
    except KeyError as e:
        raise SuiteError(
            f"{' '.join(command)}: there is no {e.args[0]}, expected {' '.join(sorted(values))}"
        ) from e


def need(condition, place, what):
    if not condition:
        raise SuiteError(f"{place}: {what}")


def load(path, bin_dir, quick, peers):
    """The suite with its commands filled in; a peer that cannot be had gets `missing`, its reason."""
    try:
        suite = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as e:
        raise SuiteError(f"{path.name}: {e}") from e
    need(
        isinstance(suite, dict) and isinstance(suite.get("rows"), list) and suite["rows"],
        path.name,
        "no rows",
    )
    seen, rows = set(), []
    seconds = suite.get("quick_seconds", 0.05) if quick else suite.get("seconds", 0.3)
    for index, row in enumerate(suite["rows"]):
        place = f"{path.name}: /rows/{index}"
        if "if_built" in row and not Path(row["if_built"].format(bin=bin_dir)).exists():
            continue
        for key in ("name", "question", "metric", "unit", "better", "ours", "peers"):
            need(key in row, place, f"{key} is missing")
        need(row["name"] not in seen, place, f"the name {row['name']} stands above already")
        need(
            row["better"] in ("lower", "higher"),
            place,
            f"better: found {row['better']!r}, expected lower or higher",
        )
        need(
            row.get("workers", 1) in (1, 2), place, f"workers: found {row.get('workers')!r}, expected 1 or 2"
        )
        seen.add(row["name"])
        values = {"bin": str(bin_dir), "seconds": str(seconds), "workers": str(row.get("workers", 1))}
        filled = []
        for peer in row["peers"]:
            need("name" in peer and "command" in peer, place, "a peer needs a name and a command")
            needs = peer.get("needs")
            missing = None
            if needs and peers.get(needs, {}).get("state") != "found":
                missing = peers.get(needs, {}).get("why", f"run bench/setup-peers to get {needs}")
            filled.append({**peer, "command": fill(peer["command"], values), "missing": missing})
        rows.append(
            {**row, "workers": row.get("workers", 1), "ours": fill(row["ours"], values), "peers": filled}
        )
    return {
        "title": suite.get("title", path.parent.name),
        "rounds": 5 if quick else suite.get("rounds", 11),
        "rows": rows,
    }
