"""log.csv and held_out.csv of a run ─► one SVG: `python -m training.curve RUN OUT.svg`. The standard library alone."""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 720, 250, 52


@dataclass(frozen=True)
class Line:
    """A name, a colour, and points of (minutes, value)."""

    name: str
    colour: str
    points: list[tuple[float, float]]


def main(words: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args(words)
    losses, figures = read(args.run / "log.csv"), read(args.run / "held_out.csv")
    panels = [
        panel("Loss on made-up scenes, mean since the line before", [line(losses, "loss", "#c0392b")], 0),
        panel(
            "Its terms",
            [
                line(losses, name, colour)
                for name, colour in zip(
                    ("affine", "scale", "aligned", "gradient", "normal", "sky"),
                    ("#2c3e50", "#2980b9", "#27ae60", "#8e44ad", "#d35400", "#16a085"),
                    strict=True,
                )
            ],
            1,
        ),
        panel(
            "Held-out made-up scenes, after least squares of scale and shift in inverse depth",
            [
                line(figures, "delta1", "#27ae60"),
                line(figures, "sky_iou", "#16a085"),
                line(figures, "abs_rel_middle", "#2c3e50"),
            ],
            2,
        ),
    ]
    size = f'width="{WIDTH}" height="{HEIGHT * len(panels)}"'
    style = 'font-family="sans-serif" font-size="11" fill="#333"'
    white = '<rect width="100%" height="100%" fill="white"/>'
    args.out.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{white}{"".join(panels)}</svg>\n')
    return 0


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a log."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def line(rows: list[dict[str, str]], name: str, colour: str) -> Line:
    """One column over time."""
    return Line(name, colour, [(float(row["seconds"]) / 60, float(row[name])) for row in rows if row.get(name)])


def panel(title: str, lines: list[Line], place: int) -> str:
    """One graph with its axes; the lines' names in their colours."""
    points = [point for line in lines for point in line.points]
    last = max((x for x, _ in points), default=1.0) or 1.0
    high = max((y for _, y in points), default=1.0) or 1.0
    left, top, width, height = MARGIN, place * HEIGHT + 30, WIDTH - MARGIN - 130, HEIGHT - 70

    def at(x: float, y: float) -> str:
        return f"{left + x / last * width:.1f},{top + (1 - y / high) * height:.1f}"

    parts = [f'<text x="{left}" y="{top - 10}" font-weight="bold">{title}</text>']
    for k in range(5):
        x, y = k / 4 * last, k / 4 * high
        row = top + (1 - k / 4) * height
        parts.append(f'<path d="M{left} {row:.1f}h{width}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{row + 4:.1f}" text-anchor="end">{y:.2f}</text>')
        parts.append(
            f'<text x="{left + k / 4 * width:.1f}" y="{top + height + 16}" text-anchor="middle">{x:.0f}</text>'
        )
    parts.append(f'<text x="{left + width / 2}" y="{top + height + 30}" text-anchor="middle">minutes</text>')
    for k, one in enumerate(lines):
        way = " ".join(at(x, y) for x, y in one.points)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{one.colour}" stroke-width="1.5"/>')
        value = f" {one.points[-1][1]:.3f}" if one.points else ""
        parts.append(
            f'<text x="{left + width + 8}" y="{top + 12 + 16 * k}" fill="{one.colour}">{one.name}{value}</text>'
        )
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(main())
