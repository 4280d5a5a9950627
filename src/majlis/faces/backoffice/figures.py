"""What the morning dashboard shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from majlis.kit import clock, locale


@dataclass(frozen=True)
class Figure:
    """A figure of the morning dashboard. `points` (a day each, oldest first, today last) become a chart; `write` says a
    point's value in the reader's words."""

    label: Any
    value: Any
    link: str = ""
    note: Any = ""
    points: tuple[int, ...] = ()
    alarm: bool = False
    write: Callable[[int], Any] = locale.number

    @property
    def shown(self) -> Any:
        """The value in the reader's digits."""
        return locale.number(self.value) if isinstance(self.value, int) else self.value

    @property
    def days(self) -> list[tuple[str, Any]]:
        """Each day and its value in words, for those who do not see the bars, and under a resting pointer."""
        today = clock.now().date()
        dates = [today - timedelta(days=back) for back in reversed(range(len(self.points)))]
        return [(locale.date_text(day, "EEE d MMM"), self.write(p)) for day, p in zip(dates, self.points, strict=True)]

    @property
    def bars(self) -> list[dict[str, Any]]:
        """The points as bars of a chart 32 high, each 6 wide with 2 between, and what each is."""
        top = max([*self.points, 1])
        heights = [max(1, round(32 * p / top)) if p > 0 else 0 for p in self.points]
        said = [f"{day}: {value}" for day, value in self.days]
        return [{"x": 8 * i, "y": 32 - h, "height": h, "said": said[i]} for i, h in enumerate(heights)]

    @property
    def width(self) -> int:
        return 8 * len(self.points)


@dataclass(frozen=True)
class Remark:
    """A quiet line below the figures of the morning dashboard."""

    text: Any
