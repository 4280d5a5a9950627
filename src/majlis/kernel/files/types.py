"""The words of files."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

MEGABYTE = 2**20

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
VIDEOS = frozenset({"video/mp4", "video/webm", "video/quicktime"})
SOUNDS = frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/x-wav", "audio/webm"})
PDF = frozenset({"application/pdf"})
PAPERS = PDF | {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "text/plain",
}

VARIANTS = (96, 240, 480)
"""Widths of the thumbnails of every picture, in pixels (WebP); an avatar's are square."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a file is for decides how large it may be, of which kind, and who may see it."""

    code: str
    limit: int
    """The largest size accepted, in bytes."""
    kinds: frozenset[str]
    """Media types accepted, as found in the content itself; what the sender claims counts for nothing."""
    public: bool = False
    """A public picture has one stable address that anyone may open and cache; everything else needs a signed link."""
    square: bool = False
    """Whether its thumbnails are cut to a square."""
    personal: bool = False
    """Deleted when its owner's account is anonymised. The others are evidence and stay."""


PURPOSES: dict[str, Purpose] = {
    purpose.code: purpose
    for purpose in (
        Purpose("avatar", 5 * MEGABYTE, IMAGES, public=True, square=True, personal=True),
        Purpose("cover", 8 * MEGABYTE, IMAGES, public=True, personal=True),
        Purpose("document", 10 * MEGABYTE, IMAGES | PDF, personal=True),
        Purpose("intro_video", 400 * MEGABYTE, VIDEOS, personal=True),
        Purpose("attachment", 10 * MEGABYTE, IMAGES | PAPERS | SOUNDS | VIDEOS),
        Purpose("receipt", 8 * MEGABYTE, IMAGES | PDF),
        Purpose("recording", 2048 * MEGABYTE, VIDEOS | SOUNDS),
        Purpose("progress", 10 * MEGABYTE, IMAGES | PAPERS | SOUNDS | VIDEOS),
        Purpose("invoice", 5 * MEGABYTE, PDF),
    )
}


class FileState(models.TextChoices):
    # The row is there, the bytes may not be yet.
    STORING = "storing", _("Being stored")
    # Complete.
    STORED = "stored", _("Stored")
    # Given up; its bytes are being removed, then the row goes too.
    GONE = "gone", _("Removed")
