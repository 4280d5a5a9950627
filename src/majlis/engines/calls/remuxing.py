"""Pieces of a browser's recording to one file. What `MediaRecorder` writes has no length and no index, so a player
cannot seek in it; copied once through ffmpeg (nothing is encoded anew) it has both."""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from imageio_ffmpeg import get_ffmpeg_exe

PATIENCE = 600
DURATION = re.compile(r"Duration: (\d+):(\d+):(\d+)\.")


class NothingToPlay(Exception):
    """The pieces do not make a film."""


@dataclass(frozen=True)
class Whole:
    """The file, open for reading, gone after the block; and how long it plays."""

    file: BinaryIO
    seconds: int


@contextmanager
def put_together(pieces: Iterable[bytes]) -> Iterator[Whole]:
    """One WebM of the pieces. Raises `NothingToPlay`."""
    with tempfile.TemporaryDirectory(prefix="majlis-recording-") as folder:
        raw, done = Path(folder) / "raw.webm", Path(folder) / "whole.webm"
        with raw.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        if raw.stat().st_size == 0:
            raise NothingToPlay("nothing was received")
        _ffmpeg("-y", "-fflags", "+genpts", "-i", str(raw), "-c", "copy", "-f", "webm", str(done))
        found = DURATION.search(_ffmpeg("-i", str(done), "-f", "null", "-c", "copy", "-"))
        seconds = (
            sum(int(part) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0
        )
        with done.open("rb") as file:
            yield Whole(file, seconds)


def _ffmpeg(*words: str) -> str:
    """What it says. The input is a local file: protocols that reach out are switched off."""
    command = [get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe", *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired:
        raise NothingToPlay("it took too long") from None
    said = done.stderr.decode(errors="replace")
    if done.returncode:
        raise NothingToPlay(said.strip().splitlines()[-1] if said.strip() else "ffmpeg failed")
    return said
