"""Covers without photographs: the eight-fold tiling of the house in two colours, the same for the same seed."""

import math
from random import Random

from majlis.faces.cli.demonstration.drawing import Sheet, mix, star

PAIRS = (
    ("#0f6b62", "#e9d9b8"), ("#2f5597", "#f0dcc0"), ("#8a3a55", "#f3dccf"), ("#5b4b9a", "#e6dff0"),
    ("#9a4a14", "#f6e3c4"),
    ("#2a6478", "#dcebea"), ("#56683c", "#efe6c9"), ("#7a4b22", "#f4e2cf"),
)  # fmt: skip


def cover(seed: str, *, width: int = 960, height: int = 320) -> bytes:
    """A WebP picture of `width` × `height`: stars and crosses on a field that grows lighter to one side."""
    chance = Random(f"cover:{seed}")  # noqa: S311 - the same cover every time is the point
    deep, light = chance.choice(PAIRS)
    tile = chance.choice((80, 96, 120))
    turn = chance.random() < 0.5
    sheet = Sheet(deep, width=width, height=height)
    half = tile / 2
    line = mix(deep, light, 0.42)
    columns, rows = math.ceil(width / tile) + 1, math.ceil(height / tile) + 1
    filled = chance.choice((0.16, 0.24, 0.32))
    for column in range(columns):
        share = column / max(1, columns - 1)
        glow = (share if turn else 1 - share) ** 1.6
        for row in range(rows):
            x, y = column * tile, row * tile
            ground = mix(deep, light, 0.06 + glow * filled + chance.random() * 0.05)
            sheet.shape(star(x, y, half), ground)
            sheet.outline(star(x, y, half), line, 1.2)
            sheet.outline(star(x, y, half * 0.5), mix(ground, light, 0.5), 1.2)
            if chance.random() < 0.1 + glow * 0.3:
                sheet.shape(star(x, y, half * 0.5), mix(ground, light, 0.45))
            sheet.outline(star(x + half, y + half, half * 0.3), line, 1.2)
    return sheet.webp()
