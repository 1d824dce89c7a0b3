#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a synthetic hydrothermal case of any size.

    case.py [--hydros 4] [--stages 60] [--openings 10] [--blocks 1] ... FOLDER

Numbers come from a generator with a fixed seed, so the same arguments give the same files. Reservoirs stand in cascades of
four, plants of the network are spread over the buses, loads grow and fall with the year. Tables are CSV.
"""

import argparse
import csv
import datetime
import json
import math
import random
from pathlib import Path

PENALTIES = {
    "bus": {"deficit_segments": [{"depth_mw": None, "cost": 3000.0}], "excess_cost": 0.01},
    "line": {"exchange_cost": 0.05},
    "hydro": {
        "spillage_cost": 0.01,
        "fpha_turbined_cost": 0.05,
        "diversion_cost": 0.1,
        "storage_violation_below_cost": 20000.0,
        "filling_target_violation_cost": 50000.0,
        "turbined_violation_below_cost": 700.0,
        "outflow_violation_below_cost": 600.0,
        "outflow_violation_above_cost": 500.0,
        "generation_violation_below_cost": 800.0,
        "evaporation_violation_cost": 900.0,
        "water_withdrawal_violation_cost": 650.0,
    },
    "non_controllable_source": {"curtailment_cost": 0.005},
}
MONTHS = "January February March April May June July August September October November December".split()


def write_json(folder, name, value):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def write_csv(folder, name, header, rows):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def month_after(date):
    return datetime.date(date.year + date.month // 12, date.month % 12 + 1, 1)


def stages_of(o):
    stages, date = [], datetime.date(2030, 1, 1)
    for t in range(o.stages):
        after = month_after(date)
        hours = (after - date).days * 24.0
        blocks = [{"id": k, "name": f"B{k}", "hours": hours / o.blocks} for k in range(o.blocks)]
        stages.append(
            {
                "id": t,
                "start_date": date.isoformat(),
                "end_date": after.isoformat(),
                "season_id": date.month - 1,
                "blocks": blocks,
                "state_variables": {"storage": True, "inflow_lags": o.lags > 0},
                "risk_measure": {"cvar": {"alpha": 0.5, "lambda": 0.25}} if o.cvar else "expectation",
                "num_scenarios": o.openings,
                "sampling_method": "saa",
            }
        )
        date = after
    pre = []
    date = datetime.date(2030, 1, 1)
    for back in range(1, o.lags + 1):
        end = date
        date = (date - datetime.timedelta(days=1)).replace(day=1)
        pre.append(
            {"id": -back, "start_date": date.isoformat(), "end_date": end.isoformat(), "season_id": date.month - 1}
        )
    return {
        "season_definitions": {
            "cycle_type": "monthly",
            "seasons": [{"id": i, "label": m, "month_start": i + 1} for i, m in enumerate(MONTHS)],
        },
        "policy_graph": {"type": "finite_horizon", "annual_discount_rate": 0.06, "transitions": []},
        "pre_study_stages": sorted(pre, key=lambda p: p["id"]),
        "stages": stages,
    }


def hydros_of(o, rng):
    hydros = []
    for h in range(o.hydros):
        flow = rng.uniform(80, 400)
        hydros.append(
            {
                "id": h,
                "name": f"H{h}",
                "bus_id": h % o.buses,
                "downstream_id": h + 1 if h % 4 != 3 and h + 1 < o.hydros else None,
                "reservoir": {"min_storage_hm3": 0.0, "max_storage_hm3": round(flow * rng.uniform(4, 12), 1)},
                "outflow": {"min_outflow_m3s": round(0.05 * flow, 1), "max_outflow_m3s": None},
                "generation": {
                    "model": "constant_productivity",
                    "productivity_mw_per_m3s": round(rng.uniform(0.3, 1.1), 3),
                    "min_turbined_m3s": 0.0,
                    "max_turbined_m3s": round(1.6 * flow, 1),
                    "min_generation_mw": 0.0,
                    "max_generation_mw": round(2.0 * flow, 1),
                },
            }
        )
    return hydros


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in [
        ("hydros", 4),
        ("stages", 60),
        ("openings", 10),
        ("blocks", 1),
        ("thermals", 8),
        ("buses", 2),
        ("lags", 0),
        ("passes", 4),
        ("iterations", 20),
        ("full", 50),
        ("seed", 1),
    ]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--cvar", action="store_true", help="a risk measure at every stage")
    parser.add_argument("folder", type=Path)
    o = parser.parse_args()
    rng = random.Random(o.seed)
    out = o.folder

    write_json(
        out,
        "config.json",
        {
            "training": {
                "forward_passes": o.passes,
                "tree_seed": o.seed,
                "stopping_rules": [{"type": "iteration_limit", "limit": o.iterations}],
            },
            "simulation": {"enabled": False, "num_scenarios": 10},
            "modeling": {"inflow_non_negativity": {"method": "penalty"}},
        },
    )
    write_json(out, "penalties.json", PENALTIES)
    write_json(out, "stages.json", stages_of(o))
    hydros = hydros_of(o, rng)
    write_json(out, "system/hydros.json", {"hydros": hydros})
    write_json(out, "system/buses.json", {"buses": [{"id": b, "name": f"B{b}"} for b in range(o.buses)]})
    lines = [
        {
            "id": b,
            "name": f"L{b}",
            "source_bus_id": b,
            "target_bus_id": b + 1,
            "capacity": {"direct_mw": 400.0, "reverse_mw": 400.0},
        }
        for b in range(o.buses - 1)
    ]
    write_json(out, "system/lines.json", {"lines": lines})

    # Mean inflows of the plants and a load that water covers to two thirds.
    means = [h["generation"]["max_turbined_m3s"] / 1.6 * rng.uniform(0.25, 0.5) for h in hydros]
    water = [0.0] * len(hydros)
    for h, plant in enumerate(hydros):
        water[h] += means[h]
        if plant["downstream_id"] is not None:
            water[plant["downstream_id"]] += water[h]
    power = sum(q * plant["generation"]["productivity_mw_per_m3s"] for q, plant in zip(water, hydros))
    load = 1.5 * power / o.buses
    thermals = []
    for j in range(o.thermals):
        most = round(1.2 * load * o.buses / o.thermals * rng.uniform(0.5, 1.5), 1)
        thermals.append(
            {
                "id": j,
                "name": f"T{j}",
                "bus_id": j % o.buses,
                "cost_per_mwh": round(20 + 480 * (j + rng.random()) / o.thermals, 2),
                "generation": {"min_mw": 0.0, "max_mw": most},
            }
        )
    write_json(out, "system/thermals.json", {"thermals": thermals})
    write_json(
        out,
        "initial_conditions.json",
        {
            "storage": [
                {"hydro_id": h["id"], "value_hm3": round(o.full / 100 * h["reservoir"]["max_storage_hm3"], 2)} for h in hydros
            ],
            "filling_storage": [],
            "past_inflows": [{"hydro_id": h, "values_m3s": [round(means[h], 2)] * o.lags} for h in range(o.hydros)]
            if o.lags
            else [],
        },
    )
    stats, loads, ar, noise = [], [], [], []
    for t in range(-o.lags, o.stages):
        wave = math.cos(2 * math.pi * t / 12)
        for h in range(o.hydros):
            mean = means[h] * (1 + 0.4 * wave)
            stats.append([h, t, round(mean, 3), round(0.25 * mean, 3)])
    for t in range(o.stages):
        wave = math.cos(2 * math.pi * t / 12)
        for b in range(o.buses):
            loads.append([b, t, round(load * (1 - 0.1 * wave), 2), 0.0])
        for h in range(o.hydros):
            for lag in range(1, o.lags + 1):
                ar.append([h, t, lag, round(0.5 / lag**2, 4), 0.85])
        for w in range(o.openings):
            for e in range(o.hydros):
                noise.append([t, w, e, round(rng.gauss(0, 1), 6)])
    write_csv(
        out, "scenarios/inflow_seasonal_stats.csv", ["hydro_id", "stage_id", "mean_m3s", "std_m3s"], sorted(stats)
    )
    write_csv(out, "scenarios/load_seasonal_stats.csv", ["bus_id", "stage_id", "mean_mw", "std_mw"], sorted(loads))
    if o.lags:
        write_csv(
            out,
            "scenarios/inflow_ar_coefficients.csv",
            ["hydro_id", "stage_id", "lag", "coefficient", "residual_std_ratio"],
            sorted(ar),
        )
    write_csv(out, "scenarios/noise_openings.csv", ["stage_id", "opening_index", "entity_index", "value"], noise)


if __name__ == "__main__":
    main()
