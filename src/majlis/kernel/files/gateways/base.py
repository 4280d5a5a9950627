"""What a store and a scanner must offer."""

from typing import BinaryIO, Protocol

from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Refusal


class StoreUnreachable(Exception):
    """The store did not answer, or refused us. Not the sender's fault: the job or the person tries again."""


class Store(Protocol):
    """Where bytes lie. Keys are ours (`1f3/…`), never a sender's name."""

    def put(self, key: str, content: BinaryIO, mime: str) -> None:
        """Called outside a transaction, before the row says `stored`. Reads `content` from its beginning to its end;
        writes all of it or nothing; writing the same key twice leaves the second."""

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """A reader of `length` bytes from `start` (to the end by default). Raises `FileNotFoundError`."""

    def delete(self, key: str) -> None:
        """Called by the sweep. Removing what is not there is no error."""

    def link(self, key: str, *, mime: str, name: str, download: bool, seconds: int) -> str | None:
        """A link with which the browser fetches the bytes from the store itself, valid for `seconds`; None where the
        store has no address of its own and we hand the bytes out."""


class Scanner(Protocol):
    """Looks for malware."""

    def scan(self, content: BinaryIO) -> str:
        """Called outside a transaction, before anything is kept. The name of what was found, or `""` when clean.
        Raises `ScannerUnreachable`: an unscanned file is not accepted. Must not keep the content."""


class ScannerUnreachable(Refusal):
    """The scanner did not answer; nothing was kept."""

    code = "scanner_unreachable"
    sentence = _("The file could not be checked for viruses just now. Please try again in a moment.")
    status = 503
