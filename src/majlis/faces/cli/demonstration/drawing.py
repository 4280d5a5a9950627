"""A small pen for flat pictures: smooth shapes on a grid of 480, drawn larger and made smaller for soft edges."""

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

Point = tuple[float, float]
GRID = 480


def mix(one: str, other: str, share: float) -> str:
    """`one` with `share` of `other` in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def darker(colour: str, share: float = 0.16) -> str:
    """A shade of it."""
    return mix(colour, "#2a1a14", share)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 6) -> list[Point]:
    """A Catmull-Rom curve through the points."""
    count = len(points)
    found: list[Point] = []
    for i in range(count if closed else count - 1):
        p0 = points[i - 1] if closed or i else points[i]
        p1, p2 = points[i], points[(i + 1) % count]
        p3 = points[(i + 2) % count] if closed or i + 2 < count else p2
        for step in range(steps):
            t = step / steps
            t2, t3 = t * t, t * t * t
            found.append(
                (
                    0.5 * (2 * p1[0] + (p2[0] - p0[0]) * t + (2 * p0[0] - 5 * p1[0] + 4 * p2[0] - p3[0]) * t2)
                    + 0.5 * (3 * p1[0] - p0[0] - 3 * p2[0] + p3[0]) * t3,
                    0.5 * (2 * p1[1] + (p2[1] - p0[1]) * t + (2 * p0[1] - 5 * p1[1] + 4 * p2[1] - p3[1]) * t2)
                    + 0.5 * (3 * p1[1] - p0[1] - 3 * p2[1] + p3[1]) * t3,
                )
            )
    if not closed:
        found.append(points[-1])
    return found


def star(x: float, y: float, radius: float) -> list[Point]:
    """The eight-pointed star of the house."""
    inner = radius * math.cos(math.pi / 4) / math.cos(math.pi / 8)
    return [
        (x + r * math.cos(k * math.pi / 8), y + r * math.sin(k * math.pi / 8))
        for k in range(16)
        for r in ((radius if k % 2 == 0 else inner),)
    ]


class Sheet:
    """A sheet of `width` × `height` grid units. All sizes are in grid units."""

    def __init__(self, ground: str, *, width: int = GRID, height: int = GRID, scale: int = 2) -> None:
        self.scale = scale
        self.size = (width, height)
        self.image = Image.new("RGB", (width * scale, height * scale), ground)
        self.pen = ImageDraw.Draw(self.image)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.scale, y * self.scale) for x, y in points]

    def shape(self, points: Sequence[Point], fill: str) -> None:
        """Straight edges."""
        self.pen.polygon(self._at(points), fill=fill)

    def outline(self, points: Sequence[Point], colour: str, width: float) -> None:
        """The line round a shape with straight edges."""
        self.pen.line([*self._at(points), self._at(points[:1])[0]], fill=colour, width=round(width * self.scale))

    def blob(self, points: Sequence[Point], fill: str) -> None:
        """A smooth closed shape through the points."""
        self.pen.polygon(self._at(smooth(points, closed=True)), fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str) -> None:
        """An ellipse around (x, y)."""
        s = self.scale
        self.pen.ellipse(((x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s), fill=fill)

    def ring(self, x: float, y: float, rx: float, ry: float, colour: str, width: float) -> None:
        """The outline of an ellipse."""
        s = self.scale
        box = ((x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s)
        self.pen.ellipse(box, outline=colour, width=round(width * s))

    def frame(self, x: float, y: float, rx: float, ry: float, corner: float, colour: str, width: float) -> None:
        """The outline of a rectangle with round corners, around (x, y)."""
        s = self.scale
        box = ((x - rx) * s, (y - ry) * s, (x + rx) * s, (y + ry) * s)
        self.pen.rounded_rectangle(box, corner * s, outline=colour, width=round(width * s))

    def stroke(self, points: Sequence[Point], colour: str, width: float) -> None:
        """A smooth line with round ends."""
        line = self._at(smooth(points, closed=False, steps=5))
        self.pen.line(line, fill=colour, width=round(width * self.scale), joint="curve")
        radius = width * self.scale / 2
        for x, y in (line[0], line[-1]):
            self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def webp(self, quality: int = 80) -> bytes:
        """The finished picture."""
        small = self.image.reduce(self.scale)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=quality, method=0)
        return out.getvalue()
