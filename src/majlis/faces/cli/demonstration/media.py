"""Generated videos and papers, small enough to make on the first run."""

import io
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image, ImageDraw

TINTS = ("0x2f6f73", "0x8a5a44", "0x4f5d75", "0x6b705c")


def intro_videos() -> list[bytes]:
    """A few short greetings: a slowly moving field of colour with a soft tone, MP4, about 40 KB each."""
    return [_video(tint) for tint in TINTS]


def _video(tint: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "hello.mp4"
        subprocess.run(
            [
                get_ffmpeg_exe(),
                "-loglevel",
                "error",
                "-f",
                "lavfi",
                "-i",
                f"gradients=size=480x270:rate=12:duration=6:c0={tint}:c1=0xf3ead7:speed=0.02",
                "-f",
                "lavfi",
                "-i",
                "sine=frequency=330:duration=6",
                "-filter:a",
                "volume=0.08",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
                "-c:a",
                "aac",
                "-b:a",
                "48k",
                "-movflags",
                "+faststart",
                str(target),
            ],
            check=True,
        )
        return target.read_bytes()


@lru_cache
def identity_paper() -> bytes:
    """A picture that stands for an identity card and says that it is none."""
    card = Image.new("RGB", (240, 150), "#f4efe4")
    pen = ImageDraw.Draw(card)
    pen.rounded_rectangle((7, 7, 232, 142), 9, outline="#8a7f6a", width=2)
    pen.rectangle((22, 36, 82, 114), fill="#d8cfbb")
    for line in range(5):
        pen.rectangle((98, 42 + line * 15, 210 - 16 * (line % 2), 47 + line * 15), fill="#cfc5ae")
    pen.text((22, 16), "SPECIMEN - NOT AN IDENTITY CARD", fill="#8a7f6a")
    paper = io.BytesIO()
    card.save(paper, "PNG", optimize=True)
    return paper.getvalue()
