"""Line charts as SVG, without a plotting library: what the examples draw with."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

Points = Sequence[tuple[float, float]]
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
WIDTH, HEIGHT = 720, 420
LEFT, TOP, RIGHT, BOTTOM = 70, 40, 170, 50


class Svg:
    """A picture that notebooks show."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _repr_svg_(self) -> str:
        return self._text


def chart(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """An SVG picture of `lines`, each of which is named in a legend; a line of one point is a dot."""
    points = [point for line in lines.values() for point in line]
    if not points:
        raise ValueError("lines: expected at least one point")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low_x, high_x = min(0.0, *xs), max(*xs, 1e-9)
    low_y, high_y = (min(ys), max(ys)) if min(ys) > 0.5 * max(ys) else (min(0.0, *ys), max(*ys, 1e-9))
    high_y += (high_y - low_y) * 0.05 or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return (
            LEFT + (x - low_x) / (high_x - low_x) * inner_width,
            HEIGHT - BOTTOM - (y - low_y) / (high_y - low_y) * inner_height,
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="24" font-size="16">{escape(title)}</text>',
    ]
    for step in range(6):
        x, y = low_x + (high_x - low_x) * step / 5, low_y + (high_y - low_y) * step / 5
        at_x, at_y = place(x, low_y)[0], place(low_x, y)[1]
        parts.append(f'<path d="M{LEFT} {at_y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at_y + 4:.1f}" text-anchor="end">{y:.4g}</text>')
        parts.append(f'<text x="{at_x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:.4g}</text>')
    middle = HEIGHT / 2
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>')
    parts.append(
        f'<text x="16" y="{middle}" text-anchor="middle" transform="rotate(-90 16 {middle})">{escape(up)}</text>'
    )
    for index, (name, line) in enumerate(lines.items()):
        colour, height = COLOURS[index % len(COLOURS)], TOP + 16 * index
        placed = [place(x, y) for x, y in line]
        if len(placed) > 1:
            way = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
            parts.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(placed) <= 40:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        parts.append(f'<rect x="{WIDTH - RIGHT + 16}" y="{height - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 32}" y="{height}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def save(path: Path, title: str, across: str, up: str, lines: Mapping[str, Points]) -> None:
    """Writes a chart to a file."""
    path.write_text(chart(title, across, up, lines), "utf-8")
    print(f"wrote {path}")
