"""Portraits of people who do not exist: flat, warm, unlike each other, and always the same for the same seed."""

from dataclasses import dataclass
from random import Random

from majlis.faces.cli.demonstration import hair
from majlis.faces.cli.demonstration.drawing import Point, Sheet, darker, mix, star

SKINS = ("#f6d7c0", "#f0c8a8", "#e6b48f", "#d9a07a", "#c68a62", "#aa6f4b", "#8a5638", "#6d412a")
HAIRS = ("#1f1a19", "#2b211d", "#3b2a21", "#4f3524", "#6b4427", "#8a5a32", "#7c3b26")
GREYS = ("#8d8882", "#b9b3ab")
GROUNDS = (
    "#cfe3dd", "#f1dcc3", "#dcd6ec", "#f2d3c7", "#cfdeea", "#ece2bd", "#d9e4c9", "#eed4da", "#9cc4ba", "#e0b48a",
    "#b3bfde", "#d7a59f", "#a8c5a0", "#e6c46f", "#8fb3c7", "#c3abcf",
)  # fmt: skip
CLOTHES = (
    "#2f5d62", "#7a3e48", "#3d4a6b", "#a5552f", "#56683c", "#2d2f36", "#8c6a3f", "#5b4a78", "#b9822f", "#e9e1d3",
    "#c9d6d5", "#9a3b34", "#40636f", "#d8c3a5", "#6f7f5c",
)  # fmt: skip
SCARVES = ("#3f6f73", "#8a4b5b", "#e3d3bd", "#54607f", "#c08a63", "#efe7da", "#6d7d57", "#2f3138", "#b8a0bf", "#d5a6a0")
SHIRT = "#f7f3ea"
INK = "#2a1d18"


@dataclass(frozen=True)
class Traits:
    """Everything that tells one face from another."""

    skin: str
    hair: str
    ground: str
    clothes: str
    scarf: str
    width: float
    """Half the width of the face."""
    height: float
    style: str
    """How the hair is worn, or `hijab`."""
    beard: str
    glasses: str
    wear: str
    eyes: str
    mouth: str
    brow: float
    turn: float
    """-1 or 1: to which side hair falls and light comes from."""
    older: bool


STYLES = {
    "female": ("long", "long", "bob", "bun", "curls", "waves", "fringe", "ponytail", "parted"),
    "male": ("short", "short", "side", "side", "quiff", "curly", "buzz", "receding", "waves_short"),
}


def traits(seed: str, gender: str, *, hijab: bool | None = None, cap: bool | None = None) -> Traits:
    """The face that belongs to `seed`. `hijab` and `cap` decide what is otherwise left to chance."""
    chance = Random(f"portrait:{seed}")  # noqa: S311 - the same face every time is the point
    female = gender == "female"
    skin = chance.choice(SKINS)
    older = chance.random() < 0.18
    dark = SKINS.index(skin) >= 4
    colour = chance.choice(GREYS) if older else chance.choice(HAIRS[:4] if dark else HAIRS)
    style = chance.choice(STYLES["female" if female else "male"])
    covered = chance.random() < 0.36 if hijab is None else hijab
    capped = chance.random() < 0.08 if cap is None else cap
    ground = chance.choice(GROUNDS)
    clothes = chance.choice(CLOTHES)
    return Traits(
        skin=skin,
        hair=colour,
        ground=ground,
        clothes=clothes,
        scarf=chance.choice([scarf for scarf in SCARVES if scarf != clothes]),
        width=chance.uniform(74, 82) if female else chance.uniform(78, 87),
        height=chance.uniform(97, 105) if female else chance.uniform(99, 108),
        style="hijab" if female and covered else "cap" if not female and capped else style,
        beard="" if female else chance.choice(("", "", "", "full", "short", "short", "stubble", "moustache", "goatee")),
        glasses=chance.choice(("", "", "", "round", "square")),
        wear=chance.choice(
            ("crew", "blouse", "vneck", "blazer", "turtle", "crew")
            if female
            else ("crew", "shirt", "vneck", "blazer", "shirt", "henley")
        ),
        eyes=chance.choice(("open", "open", "open", "smiling")),
        mouth=chance.choice(("smile", "smile", "teeth", "calm")),
        brow=chance.uniform(-2, 3),
        turn=chance.choice((-1, 1)),
        older=older,
    )


def portrait(seed: str, gender: str, *, hijab: bool | None = None, cap: bool | None = None) -> bytes:
    """A WebP picture, 480 × 480. The same arguments give the same bytes."""
    who = traits(seed, gender, hijab=hijab, cap=cap)
    return Painter(who, female=gender == "female").paint().webp()


class Painter:
    """Draws one face, from the wall behind it to the glasses before it."""

    def __init__(self, who: Traits, *, female: bool) -> None:
        self.who, self.female = who, female
        self.sheet = Sheet(who.ground)
        self.x, self.y = 240.0, 222.0
        self.top, self.chin = self.y - who.height, self.y + who.height
        self.shade = darker(who.skin, 0.17)

    def side(self, *points: Point) -> list[Point]:
        """Points given by (share of half the width to the right, y), then mirrored back to a whole outline."""
        right = [(self.x + share * self.who.width, y) for share, y in points]
        return right + [(2 * self.x - x, y) for x, y in reversed(right) if x != self.x]

    def paint(self) -> Sheet:
        who, sheet = self.who, self.sheet
        sheet.shape(star(self.x, 225, 232), mix(who.ground, "#fffdf8", 0.32))
        hair.behind(self)
        self._body()
        if who.style != "hijab":
            for turn in (-1, 1):
                sheet.oval(self.x + turn * (who.width + 3), self.y + 14, 13, 20, who.skin)
                sheet.oval(self.x + turn * (who.width + 4), self.y + 15, 6, 10, self.shade)
        self._face()
        self._features()
        if who.beard:
            self._beard()
        self._mouth()
        hair.before(self)
        if who.glasses:
            self._glasses()
        return sheet

    def _body(self) -> None:
        who, sheet = self.who, self.sheet
        wide = 168 if self.female else 192
        shoulder = [
            (self.x - wide, 500), (self.x - wide + 6, 430), (self.x - wide * 0.72, 380), (self.x - 62, 352),
            (self.x + 62, 352), (self.x + wide * 0.72, 380), (self.x + wide - 6, 430), (self.x + wide, 500),
        ]  # fmt: skip
        sheet.blob([*shoulder, (self.x, 560)], who.clothes)
        half = 34 if self.female else 41
        neck = [(self.x - half, self.y + 50), (self.x + half, self.y + 50), (self.x + half + 7, 366)]
        neck += [(self.x, 392), (self.x - half - 7, 366)]
        dark, light = darker(who.clothes, 0.22), mix(who.clothes, "#ffffff", 0.14)
        if who.wear == "turtle":
            sheet.shape([*neck[:2], (self.x + half, 370), (self.x - half, 370)], self.shade)
            sheet.blob(
                [
                    (self.x - half - 9, 322),
                    (self.x + half + 9, 322),
                    (self.x + half + 14, 376),
                    (self.x - half - 14, 376),
                ],
                light,
            )
            sheet.stroke([(self.x - half - 10, 368), (self.x, 378), (self.x + half + 10, 368)], dark, 4)
            return
        if who.wear in ("shirt", "blazer"):
            inner = SHIRT if who.wear == "blazer" else light
            sheet.shape([(self.x - 74, 352), (self.x + 74, 352), (self.x + 34, 500), (self.x - 34, 500)], inner)
        sheet.blob(neck, who.skin)
        # The shadow of the chin.
        sheet.blob(
            [(self.x - half, self.y + 60), (self.x + half, self.y + 60), (self.x + half, 332), (self.x, 352),
             (self.x - half, 332)],
            self.shade,
        )  # fmt: skip
        if who.wear == "crew" or who.wear == "henley":
            sheet.stroke([(self.x - half - 12, 354), (self.x, 398), (self.x + half + 12, 354)], light, 13)
            if who.wear == "henley":
                sheet.stroke([(self.x, 402), (self.x, 470)], dark, 4)
                for y in (418, 442):
                    sheet.oval(self.x + 9, y, 4, 4, light)
        elif who.wear in ("vneck", "blouse"):
            sheet.shape([(self.x - half - 10, 352), (self.x + half + 10, 352), (self.x, 430)], who.skin)
            for turn in (-1, 1):
                sheet.stroke([(self.x + turn * (half + 14), 348), (self.x, 434)], light, 12)
        else:
            for turn in (-1, 1):
                collar = [(self.x + turn * (half + 2), 342), (self.x + turn * (half + 34), 362)]
                collar += [(self.x + turn * 28, 414), (self.x, 386)]
                sheet.shape(collar, SHIRT if who.wear == "blazer" else light)
            if who.wear == "blazer":
                for turn in (-1, 1):
                    lapel = [(self.x + turn * 72, 350), (self.x + turn * 104, 384), (self.x + turn * 84, 404)]
                    lapel += [(self.x + turn * 96, 418), (self.x + turn * 8, 500), (self.x + turn * 30, 430)]
                    sheet.shape(lapel, dark)
            else:
                sheet.stroke([(self.x, 392), (self.x, 490)], dark, 3)
                for y in (424, 458):
                    sheet.oval(self.x, y, 4, 4, dark)

    def _face(self) -> None:
        jaw = 0.76 if self.female else 0.84
        outline = self.side(
            (0.0, self.top), (0.62, self.top + 12), (0.95, self.y - 48), (1.0, self.y + 8), (jaw + 0.08, self.y + 52),
            (jaw * 0.62, self.chin - 14), (0.16, self.chin),
        )  # fmt: skip
        self.sheet.blob(outline, self.who.skin)

    def _features(self) -> None:
        who, sheet, x, y = self.who, self.sheet, self.x, self.y
        apart = who.width * 0.44
        blush = mix(who.skin, "#d9604c", 0.2)
        for turn in (-1, 1):
            sheet.oval(x + turn * who.width * 0.6, y + 40, 15, 10, blush)
            ex, ey = x + turn * apart, y + 8
            if who.eyes == "smiling":
                sheet.stroke([(ex - 13, ey + 3), (ex, ey - 7), (ex + 13, ey + 3)], INK, 5)
            else:
                sheet.oval(ex, ey, 13, 9.5, "#fffaf3")
                sheet.oval(ex, ey, 8.2, 9.2, INK)
                sheet.oval(ex + 3, ey - 3.4, 2.5, 2.5, "#ffffff")
                sheet.stroke([(ex - 14, ey - 2), (ex, ey - 10.5), (ex + 14, ey - 2)], INK, 4 if self.female else 3)
            if self.female:
                sheet.stroke([(ex + turn * 13, ey - 3), (ex + turn * 18, ey - 8)], INK, 3)
            tone = mix(who.hair, INK, 0.35) if who.style != "hijab" else INK
            rise = who.brow
            sheet.stroke(
                [(ex - turn * 16, ey - 23), (ex + turn * 2, ey - 29 - rise), (ex + turn * 19, ey - 22)],
                tone,
                5 if self.female else 7,
            )
            if who.older:
                sheet.stroke([(ex + turn * 18, ey + 12), (ex + turn * 24, ey + 16)], self.shade, 2.5)
        sheet.stroke(
            [(x + 3 * who.turn, y + 12), (x + 10 * who.turn, y + 38), (x - 4 * who.turn, y + 44)], self.shade, 4.5
        )

    def _mouth(self) -> None:
        who, sheet, x, y = self.who, self.sheet, self.x, self.y + 68
        lip = mix(darker(who.skin, 0.3), "#c4574c" if who.skin in SKINS[5:] else "#b0483f", 0.6)
        if who.mouth == "teeth":
            sheet.blob(
                [(x - 25, y - 4), (x, y - 1), (x + 25, y - 4), (x + 15, y + 13), (x, y + 18), (x - 15, y + 13)], lip
            )
            sheet.blob([(x - 19, y - 1), (x, y + 1), (x + 19, y - 1), (x + 12, y + 6), (x - 12, y + 6)], "#fffaf3")
        elif who.mouth == "smile":
            sheet.stroke([(x - 23, y - 3), (x, y + 9), (x + 23, y - 3)], lip, 5.5)
        else:
            sheet.stroke([(x - 18, y), (x, y + 4), (x + 18, y)], lip, 5.5)
        if self.female and who.mouth != "teeth":
            sheet.stroke([(x - 8, y + 12), (x, y + 14), (x + 8, y + 12)], mix(who.skin, lip, 0.45), 5)

    def _beard(self) -> None:
        who, sheet, y = self.who, self.sheet, self.y
        colour = mix(who.skin, who.hair, 0.28) if who.beard == "stubble" else who.hair
        if who.beard in ("full", "short", "stubble"):
            deep = 18 if who.beard == "full" else 5
            sheet.blob(
                self.side(
                    (0.24, y + 48), (0.58, y + 50), (0.86, y + 26), (0.97, y - 6), (1.02, y + 8), (0.95, y + 58),
                    (0.6, self.chin - 4 + deep * 0.6), (0.2, self.chin + deep),
                ),
                colour,
            )  # fmt: skip
        if who.beard == "goatee":
            sheet.blob(self.side((0.3, y + 84), (0.34, self.chin - 4), (0.12, self.chin + 10)), colour)
        if who.beard in ("moustache", "goatee"):
            sheet.blob(self.side((0.0, y + 50), (0.28, y + 52), (0.4, y + 66), (0.12, y + 61)), colour)

    def _glasses(self) -> None:
        who, sheet, x, y = self.who, self.sheet, self.x, self.y + 10
        apart = who.width * 0.46
        colour = INK if who.glasses == "square" else mix("#7a4b22", INK, 0.35)
        for turn in (-1, 1):
            if who.glasses == "round":
                sheet.ring(x + turn * apart, y, 27, 27, colour, 4)
            else:
                sheet.frame(x + turn * apart, y, 29, 22, 9, colour, 4.5)
            if who.style != "hijab":
                sheet.stroke([(x + turn * (apart + 27), y - 6), (x + turn * (who.width + 2), y - 4)], colour, 4)
        sheet.stroke([(x - apart + 27, y - 4), (x, y - 8), (x + apart - 27, y - 4)], colour, 4)
