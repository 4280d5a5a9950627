"""What a file really is, by its content, and pictures made safe."""

import io
from dataclasses import dataclass
from typing import BinaryIO

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError

from majlis.kernel.files.types import IMAGES, VARIANTS

MOST_PIXELS = 60_000_000
"""A picture with more is refused before it is unpacked: a small file can claim to be an ocean."""
LARGEST_SIDE = 4096
EFFORT = 2
"""How hard WebP's encoder tries: half the time of its usual 4, for pictures a twentieth larger."""

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
ALIASES = {"video/x-m4v": "video/mp4", "audio/m4a": "audio/mp4", "audio/x-m4a": "audio/mp4", "audio/wav": "audio/x-wav"}


class NotAPicture(Exception):
    """It claims to be a picture, and is none that can be read."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made anew: nothing of the original but its pixels."""

    content: bytes
    mime: str
    width: int
    height: int
    variants: dict[str, bytes]


def media_type(content: BinaryIO) -> str:
    """The media type found in the content, or `""` when it is nothing we know. Text is what decodes as UTF-8 and has
    no control characters; markup that a browser would run is never called text."""
    content.seek(0)
    head = content.read(8192)
    content.seek(0)
    guess = filetype.guess(head)
    if guess is not None:
        return ALIASES.get(guess.mime, guess.mime)
    start = head.lstrip()[:256].lower()
    if start.startswith((b"<", b"%!")) or b"<script" in head.lower():
        return ""
    try:
        text = head.decode("utf-8") if len(head) < 8192 else head[:-4].decode("utf-8", errors="ignore")
    except UnicodeDecodeError:
        return ""
    return "text/plain" if text and all(c >= " " or c in "\t\n\r\f" for c in text) else ""


def remake_picture(content: BinaryIO, mime: str, *, square: bool) -> Picture:
    """The same picture, decoded and encoded again: turned upright, without EXIF (places, devices), at most 4,096
    pixels a side, with its thumbnails in WebP. An animation keeps moving. Raises `NotAPicture`."""
    content.seek(0)
    try:
        with Image.open(content, formats=[FORMATS[mime]]) as probe:
            if probe.width * probe.height > MOST_PIXELS:
                raise NotAPicture
            probe.verify()
        content.seek(0)
        with Image.open(content, formats=[FORMATS[mime]]) as image:
            frames = getattr(image, "n_frames", 1)
            moving = frames > 1
            if moving:
                if frames * image.width * image.height > 4 * MOST_PIXELS:
                    raise NotAPicture
                body, kind, size = _moving(image), "image/webp", image.size
                image.seek(0)
                still = image.convert("RGBA")
            else:
                still = ImageOps.exif_transpose(image)
                still.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
                still = _plain(still)
                body, kind, size = _encoded(still, mime), mime, still.size
            variants = {str(width): _thumbnail(still, width, square) for width in VARIANTS}
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, EOFError) as wrong:
        raise NotAPicture from wrong
    return Picture(body, kind, size[0], size[1], variants)


def is_picture(mime: str) -> bool:
    """Whether we remake files of this type."""
    return mime in IMAGES


def _plain(image: Image.Image) -> Image.Image:
    """In a mode every format can write, and without anything but pixels."""
    seen = "A" in image.getbands() or "transparency" in image.info
    clean = image.convert("RGBA" if seen else "RGB")
    clean.info = {}
    return clean


def _encoded(image: Image.Image, mime: str) -> bytes:
    out = io.BytesIO()
    if mime == "image/jpeg":
        image.convert("RGB").save(out, "JPEG", quality=88, optimize=True, progressive=True)
    elif mime == "image/webp":
        image.save(out, "WEBP", quality=86, method=EFFORT)
    else:
        image.save(out, "PNG" if mime == "image/png" else "GIF", optimize=True)
    return out.getvalue()


def _moving(image: Image.Image) -> bytes:
    frames, times = [], []
    for index in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(index)
        frames.append(image.convert("RGBA"))
        times.append(image.info.get("duration", 100) or 100)
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=0, quality=80)
    return out.getvalue()


def _thumbnail(image: Image.Image, width: int, square: bool) -> bytes:
    if square:
        small = ImageOps.fit(image, (width, width), Image.Resampling.LANCZOS)
    else:
        small = image.copy()
        small.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=EFFORT)
    return out.getvalue()
