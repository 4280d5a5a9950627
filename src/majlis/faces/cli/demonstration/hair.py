"""Hair, caps and scarves, behind the face and before it."""

from typing import TYPE_CHECKING

from majlis.faces.cli.demonstration.drawing import darker, mix

if TYPE_CHECKING:
    from majlis.faces.cli.demonstration.portraits import Painter


def behind(p: "Painter") -> None:
    """What lies behind shoulders and face."""
    who, sheet, x, y, w = p.who, p.sheet, p.x, p.y, p.who.width
    back = darker(who.hair, 0.3)
    match who.style:
        case "hijab":
            dark = darker(who.scarf, 0.12)
            sheet.blob(
                p.side((0.0, p.top - 30), (0.9, p.top - 4), (1.36, y - 30), (1.4, y + 70), (1.7, 400), (1.2, 470)),
                dark,
            )
        case "long" | "parted" | "fringe":
            sheet.blob(
                p.side(
                    (0.0, p.top - 26),
                    (0.9, p.top + 2),
                    (1.3, y - 20),
                    (1.36, y + 100),
                    (1.5, 396),
                    (0.7, 420),
                ),
                back,
            )
        case "waves":
            for turn in (-1.0, 1.0):
                for share, height, size in (
                    (1.06, -40, 46),
                    (1.2, 14, 46),
                    (1.22, 70, 48),
                    (1.3, 124, 50),
                    (1.2, 170, 46),
                ):
                    sheet.oval(x + turn * share * w, y + height, size, size, back)
        case "curls":
            for turn in (-1.0, 1.0):
                for share, height in ((0.3, -104), (0.8, -80), (1.16, -34), (1.3, 22), (1.22, 76)):
                    sheet.oval(x + turn * share * w, y + height, 46, 46, back)
        case "bob":
            sheet.blob(
                p.side((0.0, p.top - 26), (0.9, p.top + 2), (1.3, y - 14), (1.42, y + 92), (0.8, p.chin + 24)),
                back,
            )
        case "ponytail":
            turn = who.turn
            sheet.blob(
                [
                    (x + turn * 60, y - 92),
                    (x + turn * 132, y - 60),
                    (x + turn * 150, y + 60),
                    (x + turn * 128, y + 150),
                    (x + turn * 96, y + 90),
                    (x + turn * 90, y - 10),
                ],
                back,
            )
        case "bun":
            sheet.oval(x, p.top - 30, 42, 38, who.hair)
            sheet.stroke(
                [(x - 22, p.top - 36), (x, p.top - 46), (x + 20, p.top - 38)],
                mix(who.hair, "#ffffff", 0.12),
                4,
            )


def _cap(p: "Painter", *, lift: float, line: float, temple: float = 0.0, lean: float = 0.0, fill: str = "") -> None:
    """Hair over the skull: `lift` above the head, `line` where the forehead begins (share of the height above the
    middle), `temple` how far down the sides, `lean` how much it falls to one side."""
    who, x, y, w, h = p.who, p.x, p.y, p.who.width, p.who.height
    tilt = lean * who.turn
    p.sheet.blob(
        [
            (x - w - 5, y - 8 + temple), (x - w - 9, y - 54), (x - w * 0.72, p.top - lift * 0.55 + tilt * 14),
            (x, p.top - lift), (x + w * 0.72, p.top - lift * 0.55 - tilt * 14), (x + w + 9, y - 54),
            (x + w + 5, y - 8 + temple), (x + w - 7, y - 34), (x + w * 0.66, y - h * (line - 0.06 + tilt * 0.16)),
            (x + w * 0.1 * tilt, y - h * line), (x - w * 0.66, y - h * (line - 0.06 - tilt * 0.16)),
            (x - w + 7, y - 34),
        ],
        fill or who.hair,
    )  # fmt: skip


def before(p: "Painter") -> None:
    """What lies over forehead and temples."""
    who, sheet, x, y, w = p.who, p.sheet, p.x, p.y, p.who.width
    gleam = mix(who.hair, "#ffffff", 0.13)
    match who.style:
        case "hijab":
            _scarf(p)
        case "cap":
            _cap(p, lift=8, line=0.5)
            colour = mix(who.clothes, "#ffffff", 0.1)
            sheet.blob(
                p.side(
                    (0.0, p.top - 40),
                    (0.62, p.top - 38),
                    (0.86, p.top - 16),
                    (0.98, y - 62),
                    (0.0, y - 70),
                ),
                colour,
            )
            sheet.stroke([(x - w * 0.95, y - 60), (x, y - 69), (x + w * 0.95, y - 60)], darker(colour, 0.2), 6)
        case "short":
            _cap(p, lift=22, line=0.6, temple=4, lean=0.15)
        case "side":
            _cap(p, lift=26, line=0.56, temple=4, lean=0.7)
            sheet.stroke(
                [
                    (x - who.turn * 34, p.top + 2),
                    (x + who.turn * 26, p.top - 8),
                    (x + who.turn * 64, p.top + 18),
                ],
                gleam,
                4,
            )
        case "quiff":
            _cap(p, lift=40, line=0.6, temple=0, lean=0.35)
            sheet.stroke(
                [(x - who.turn * 40, p.top - 4), (x, p.top - 26), (x + who.turn * 50, p.top - 14)],
                gleam,
                4,
            )
        case "curly":
            _cap(p, lift=18, line=0.58, temple=6)
            for share, rise in (
                (-0.95, -46),
                (-0.72, -78),
                (-0.36, -98),
                (0.04, -104),
                (0.42, -98),
                (0.76, -76),
                (0.96, -44),
            ):
                sheet.oval(x + share * w, y + rise, 25, 25, who.hair)
        case "waves_short":
            _cap(p, lift=30, line=0.55, temple=12, lean=0.5)
            for shift in (-40, 0, 40):
                sheet.stroke(
                    [(x + shift - 18, p.top - 2), (x + shift, p.top - 12), (x + shift + 18, p.top)],
                    gleam,
                    3.5,
                )
        case "buzz":
            _cap(p, lift=9, line=0.62, temple=2, fill=mix(who.hair, who.skin, 0.22))
        case "receding":
            for turn in (-1.0, 1.0):
                sheet.blob(
                    [
                        (x + turn * (w + 5), y - 4),
                        (x + turn * (w + 10), y - 50),
                        (x + turn * w * 0.78, y - 78),
                        (x + turn * (w - 6), y - 34),
                    ],
                    who.hair,
                )
        case "bun" | "ponytail":
            _cap(p, lift=20, line=0.66, temple=-2, lean=0.3)
            sheet.stroke([(x - 40, p.top + 6), (x - 10, p.top - 8)], gleam, 4)
        case "fringe":
            _cap(p, lift=26, line=0.34, temple=34)
            for shift in (-34, 0, 34):
                sheet.stroke([(x + shift, p.top + 6), (x + shift * 1.15, y - 46)], darker(who.hair, 0.25), 3)
        case "curls":
            _cap(p, lift=20, line=0.58, temple=10)
            for share, rise in (
                (-1.0, -30),
                (-0.86, -68),
                (-0.5, -94),
                (-0.08, -102),
                (0.36, -98),
                (0.74, -80),
                (0.99, -40),
            ):
                sheet.oval(x + share * w, y + rise, 29, 29, who.hair)
        case "bob" | "waves":
            _cap(p, lift=26, line=0.56, temple=36, lean=1.0)
            sheet.stroke(
                [
                    (x - who.turn * 30, p.top),
                    (x + who.turn * 34, p.top - 8),
                    (x + who.turn * 70, p.top + 24),
                ],
                gleam,
                4,
            )
        case _:
            for turn in (-1.0, 1.0):
                sheet.blob(
                    [(x - turn * 4, p.top - 27), (x + turn * w * 0.72, p.top - 14), (x + turn * (w + 12), y - 46),
                     (x + turn * (w + 14), y + 50), (x + turn * (w + 4), y + 96), (x + turn * (w - 2), y + 6),
                     (x + turn * w * 0.72, y - 52), (x - turn * 2, p.top + 20)],
                    who.hair,
                )  # fmt: skip


def _scarf(p: "Painter") -> None:
    who, sheet, x, y, w = p.who, p.sheet, p.x, p.y, p.who.width
    fold, light = darker(who.scarf, 0.17), mix(who.scarf, "#ffffff", 0.16)
    # Round the face: over the forehead, down both cheeks, under the chin.
    for turn in (-1.0, 1.0):
        sheet.blob(
            [
                (x - turn * 24, p.top - 24), (x + turn * 30, p.top - 23), (x + turn * w * 0.86, p.top + 4),
                (x + turn * w * 1.26, y - 30), (x + turn * w * 1.28, y + 60), (x + turn * w * 1.5, 404),
                (x - turn * 20, 430), (x - turn * 26, p.chin + 34), (x - turn * 14, p.chin + 2),
                (x + turn * w * 0.3, p.chin - 5), (x + turn * w * 0.66, p.chin - 27),
                (x + turn * w * 0.9, y + 26), (x + turn * w * 0.91, y - 34), (x + turn * w * 0.5, y - 66),
                (x - turn * 16, y - 74),
            ],
            who.scarf,
        )  # fmt: skip
    sheet.stroke(
        [(x - w * 0.88, y - 34), (x - w * 0.5, y - 64), (x, y - 73), (x + w * 0.5, y - 64), (x + w * 0.88, y - 34)],
        light,
        6,
    )
    t = who.turn
    c = p.chin
    sheet.blob(
        [(x + t * w * 1.02, c - 26), (x + t * w * 0.55, c + 4), (x, c + 12), (x - t * w * 0.6, c + 34),
         (x - t * w * 1.3, 400), (x - t * w * 0.5, 440), (x + t * w * 0.7, 396), (x + t * w * 1.25, 330)],
        mix(who.scarf, fold, 0.35),
    )  # fmt: skip
    sheet.stroke([(x + t * w * 1.0, c - 14), (x + t * w * 0.2, c + 34), (x - t * w * 0.9, 402)], fold, 4)
    sheet.stroke([(x + t * w * 1.12, c + 6), (x + t * w * 0.45, c + 56), (x - t * w * 0.35, 424)], fold, 3)
