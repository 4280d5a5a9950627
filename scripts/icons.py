#!/usr/bin/env python3
"""Draw the icons of the site and of the installed app, a set for each palette in the colour of its accent. Run it when
the mark changes, or a palette comes or changes."""

import re
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parents[1] / "src/majlis/faces/web/static"
PAPER = "#faf7f1"
ACCENT = re.compile(r"--accent: light-dark\((#\w{6}), (#\w{6})\)")
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


def draw(size: int, ground: str, *, share: float) -> Image.Image:
    """A square of the accent with the star in paper, taking `share` of the width."""
    big = size * 4
    picture = Image.new("RGB", (big, big), ground)
    pen = ImageDraw.Draw(picture)
    unit, shift = big * share / 32, big * (1 - share) / 2
    pen.polygon([(x * unit + shift, y * unit + shift) for x, y in STAR], fill=PAPER)
    pen.polygon([(x * unit + shift, y * unit + shift) for x, y in door()], fill=ground)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def vector(light: str, dark: str) -> str:
    """The star alone, in the accent of the light or the dark theme."""
    style = f"path{{fill:{light}}}@media(prefers-color-scheme:dark){{path{{fill:{dark}}}}}"
    star = "M" + "L".join(f"{x:g} {y:g}" for x, y in STAR) + "Z"
    arch = "M10.75 22.5H21.25V16C21.25 12.6 18.9 10.6 16 8C13.1 10.6 10.75 12.6 10.75 16Z"
    path = f'<path fill-rule="evenodd" d="{star}{arch}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>{style}</style>{path}</svg>\n'


if __name__ == "__main__":
    for palette in sorted((STATIC / "css/palettes").glob("*.css")):
        light, dark = ACCENT.findall(palette.read_text())[0]
        folder = STATIC / "img/icons" / palette.stem
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "icon.svg").write_text(vector(light, dark))
        for name, size, share in (
            ("icon-180", 180, 0.7),
            ("icon-192", 192, 0.74),
            ("icon-512", 512, 0.74),
            ("icon-maskable", 512, 0.56),
        ):
            draw(size, light, share=share).quantize(64).save(folder / f"{name}.png", optimize=True)
