#!/usr/bin/env python3
"""Draw the icons of the installed app (PNG) from the same star as `img/icon.svg`. Run it when the mark changes."""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[1] / "src/majlis/faces/web/static/img"
GROUND, PAPER = "#0f6b62", "#faf7f1"
STAR = (
    (31.5, 16), (26.96, 20.54), (26.96, 26.96), (20.54, 26.96), (16, 31.5), (11.46, 26.96), (5.04, 26.96),
    (5.04, 20.54),
    (0.5, 16), (5.04, 11.46), (5.04, 5.04), (11.46, 5.04), (16, 0.5), (20.54, 5.04), (26.96, 5.04), (26.96, 11.46),
)  # fmt: skip


def door() -> list[tuple[float, float]]:
    """The outline of the pointed arch."""
    points = [(10.75, 22.5), (21.25, 22.5), (21.25, 16.0)]
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in (
        ((21.25, 16), (21.25, 12.6), (18.9, 10.6), (16, 8)),
        ((16, 8), (13.1, 10.6), (10.75, 12.6), (10.75, 16)),
    ):
        for step in range(1, 21):
            t = step / 20
            u = 1 - t
            points.append(
                (
                    u**3 * x0 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t**3 * x3,
                    u**3 * y0 + 3 * u * u * t * y1 + 3 * u * t * t * y2 + t**3 * y3,
                )
            )
    return points


def draw(size: int, *, share: float) -> Image.Image:
    """A square of the accent with the star in paper, taking `share` of the width."""
    big = size * 4
    picture = Image.new("RGB", (big, big), GROUND)
    pen = ImageDraw.Draw(picture)
    unit, shift = big * share / 32, big * (1 - share) / 2
    pen.polygon([(x * unit + shift, y * unit + shift) for x, y in STAR], fill=PAPER)
    pen.polygon([(x * unit + shift, y * unit + shift) for x, y in door()], fill=GROUND)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    for name, size, share in (
        ("icon-180", 180, 0.7),
        ("icon-192", 192, 0.74),
        ("icon-512", 512, 0.74),
        ("icon-maskable", 512, 0.56),
    ):
        draw(size, share=share).quantize(64).save(FOLDER / f"{name}.png", optimize=True)
