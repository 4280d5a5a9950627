"""Progress in a terminal: a bar that grows, or a plain line per step where there is no terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 30


class Bar:
    """`progress(done, of, what)` draws; `finish()` ends the line."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.began = time.monotonic()
        self.drawn = 0.0
        self.terminal = sys.stdout.isatty()
        self.tenth = -1

    def __call__(self, done: int, of: int, what: str = "") -> None:
        now = time.monotonic()
        share = min(1.0, done / of) if of else 0.0
        if self.terminal:
            if now - self.drawn < 0.08 and done < of:
                return
            self.drawn = now
            filled = int(share * WIDTH)
            bar = "█" * filled + "░" * (WIDTH - filled)
            print(f"\r  {self.title}  {bar} {share:4.0%}  {what[:30]:<30}", end="", flush=True)
        elif int(share * 10) > self.tenth:
            self.tenth = int(share * 10)
            print(f"  {self.title}: {share:.0%} {what}", flush=True)

    def finish(self) -> None:
        """Say how long it took."""
        seconds = time.monotonic() - self.began
        start = "\r" if self.terminal else ""
        print(
            f"{start}  ✓ {self.title} ({seconds:.1f} s){' ' * (WIDTH + 40)}"
            if self.terminal
            else f"  ✓ {self.title} ({seconds:.1f} s)",
            flush=True,
        )


@contextmanager
def step(title: str) -> Iterator[None]:
    """One step that says it is done, and how long it took."""
    began = time.monotonic()
    terminal = sys.stdout.isatty()
    if terminal:
        print(f"  … {title}", end="", flush=True)
    yield
    print(f"{chr(13) if terminal else ''}  ✓ {title} ({time.monotonic() - began:.1f} s)", flush=True)
