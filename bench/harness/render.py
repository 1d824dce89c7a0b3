# SPDX-License-Identifier: Apache-2.0
"""A result as a table for people and as a picture."""

import math
from html import escape


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def factor(value):
    return f"{value:.2f}" if value < 1000 else f"{value:,.0f}"


def interval(ratio):
    alone = factor(ratio["median"])
    return f"{alone} [{factor(ratio['q1'])}, {factor(ratio['q3'])}]" if ratio["n"] > 1 else alone


def cells(row):
    """One line of text a pair: ours against the peer."""
    for pair in row["pairs"]:
        value, ratio = pair["value"], pair["ratio"]
        name = "A/A (ours against itself)" if pair["kind"] == "A/A" else pair["peer"]
        yield [
            row["name"],
            str(row["workers"]),
            name,
            f"{number(row['ours']['median'])} {row['unit']}" if row["ours"] else "",
            f"{number(value['median'])} {row['unit']}" if value else "",
            interval(ratio) if ratio else "",
            "" if pair["bar"] is None else f"{pair['bar']:g}",
            pair["verdict"] + (", single" if pair["single"] else ""),
            str(row["rounds"]),
        ]


HEADER = [
    "row",
    "workers",
    "against",
    "ours",
    "theirs",
    "times as good [quartiles]",
    "bar",
    "verdict",
    "rounds",
]


def markdown(result):
    out = [
        f"# {result['title']}",
        "",
        "Median over rounds; every round runs all programs once, in rotated order, and the "
        "ratio is taken round by round: above 1 ours is better. The A/A pair is the same program against "
        "itself.",
        "",
    ]
    out += ["| " + " | ".join(HEADER) + " |", "|" + " --- |" * len(HEADER)]
    for row in result["rows"]:
        out += ["| " + " | ".join(c.replace("|", "\\|") for c in line) + " |" for line in cells(row)]
    out += ["", "## Questions", ""]
    out += [f"- **{row['name']}**: {row['question']}" for row in result["rows"]]
    out += ["", "## Machine", "", f"- measured: {result['when']}"]
    out += [f"- {key}: {value}" for key, value in result["machine"].items()]
    out += [f"- {name} {version}" for name, version in sorted(result["versions"].items())]
    return "\n".join(out) + "\n"


def svg(result):
    """Each ratio as a dot with its quartiles on a logarithmic axis, the bar as a tick, 1 as a line."""
    lines = [(row, pair) for row in result["rows"] for pair in row["pairs"]]
    values = [
        v for _, p in lines if p["ratio"] for v in (p["ratio"]["q1"], p["ratio"]["q3"], p["bar"] or 1.0)
    ] + [0.8, 1.25]
    low, high = math.log(min(values)) - 0.1, math.log(max(values)) + 0.1
    left, width, step, top = 330, 420, 24, 56
    height = top + step * len(lines) + 44

    def x(value):
        return left + width * (math.log(value) - low) / (high - low)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 340}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="12" y="22" font-size="15">{escape(result["title"])}</text>',
        '<text x="12" y="40" fill="#555">times as good as the peer, median and quartiles; '
        "right of 1 ours is better</text>",
    ]
    steps = (1, 2, 5) if high - low < math.log(300) else (1,)
    ticks = [s * 10.0**e for e in range(-6, 10) for s in steps if low <= math.log(s * 10.0**e) <= high]
    for tick in ticks:
        out.append(
            f'<line x1="{x(tick):.1f}" y1="{top - 4}" x2="{x(tick):.1f}" y2="{height - 36}" '
            f'stroke="{"#333" if tick == 1 else "#ddd"}"/>'
        )
        out.append(f'<text x="{x(tick):.1f}" y="{height - 20}" text-anchor="middle">{tick:g}</text>')
    for index, (row, pair) in enumerate(lines):
        y = top + step * index + step / 2
        own = pair["kind"] == "A/A"
        label = f"{row['name']}: {'A/A' if own else pair['peer']}"
        out.append(f'<text x="{left - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>')
        if pair["ratio"]:
            ratio, colour = pair["ratio"], "#888" if own else "#1f6f8b"
            out.append(
                f'<line x1="{x(ratio["q1"]):.1f}" y1="{y:.1f}" x2="{x(ratio["q3"]):.1f}" y2="{y:.1f}" '
                f'stroke="{colour}" stroke-width="3"/>'
            )
            out.append(f'<circle cx="{x(ratio["median"]):.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
            if pair["bar"]:
                out.append(
                    f'<line x1="{x(pair["bar"]):.1f}" y1="{y - 8:.1f}" '
                    f'x2="{x(pair["bar"]):.1f}" y2="{y + 8:.1f}" '
                    'stroke="#b3261e" stroke-width="2"/>'
                )
            words = f"{interval(ratio)} {pair['verdict']}{', single' if pair['single'] else ''}"
        else:
            words = pair["verdict"]
        out.append(f'<text x="{left + width + 12}" y="{y + 4:.1f}" fill="#333">{escape(words[:72])}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def text(result):
    """The table for a terminal."""
    table = [HEADER] + [line for row in result["rows"] for line in cells(row)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADER))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in table) + "\n"
