"""User files, on a path of their own with headers of their own."""

import re
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags
from django.views.decorators.http import require_safe

from majlis.kernel.files import queries
from majlis.kernel.files.queries import Handout

CHUNK = 256 * 1024
YEAR = 365 * 86_400
SHOWN = ("image/", "video/", "audio/")
"""What a browser may show by itself; everything else is offered as a download."""
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
LOCKED = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
"""Even if a file were a page, it could run nothing, and would be of no origin."""


@require_safe
def public(request: HttpRequest, file_id: UUID, variant: str) -> HttpResponseBase:
    """A public picture under its stable address; it never changes, so it may be cached for ever."""
    handout = queries.public_handout(file_id, "" if variant == "full" else variant)
    return _hand_out(request, handout, f"public, max-age={YEAR}, immutable", 2 * 86_400)


@require_safe
def signed(request: HttpRequest, file_id: UUID, name: str) -> HttpResponseBase:
    """A private file through its signed link."""
    return _hand_out(request, queries.signed_handout(file_id, request.GET.dict()), "private, max-age=3600", 3600)


def _hand_out(request: HttpRequest, handout: Handout, cache: str, seconds: int) -> HttpResponseBase:
    link = queries.store_link(handout, seconds)
    if link is not None:
        moved = HttpResponseRedirect(link)
        moved["Cache-Control"] = f"{cache.split(',')[0]}, max-age={seconds // 2}"
        return moved
    tag = f'"{handout.file.sha256[:32]}{"-" + handout.variant if handout.variant else ""}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = _body(request, handout, tag)
    response["ETag"] = tag
    response["Cache-Control"] = cache
    response["Accept-Ranges"] = "bytes"
    response["Content-Security-Policy"] = LOCKED
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin" if handout.public else "same-origin"
    return response


def _body(request: HttpRequest, handout: Handout, tag: str) -> HttpResponseBase:
    start, end, status = _wanted(request, handout.size, tag)
    if status == 416:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{handout.size}"
        return refused
    length = end - start + 1
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status, content_type=handout.mime)
    else:
        reader = queries.open_handout(handout, start, length)
        response = StreamingHttpResponse(_pieces(reader, length), status=status, content_type=handout.mime)
    if handout.mime == "text/plain":
        response["Content-Type"] = "text/plain; charset=utf-8"
    response["Content-Length"] = str(length)
    if status == 206:
        response["Content-Range"] = f"bytes {start}-{end}/{handout.size}"
    download = handout.download or not handout.mime.startswith(SHOWN)
    response["Content-Disposition"] = content_disposition_header(download, handout.name) or "inline"
    return response


def _wanted(request: HttpRequest, size: int, tag: str) -> tuple[int, int, int]:
    """First and last byte and the status: 206 for one range, 416 for one outside, 200 for everything else (several
    ranges, or a file that is no longer the one the browser began)."""
    whole = (0, size - 1, 200)
    asked = RANGE.match(request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", tag) != tag:
        return whole
    first, last = asked.groups()
    if not first and not last:
        return whole
    if not first:
        count = int(last)
        return (max(0, size - count), size - 1, 206) if count else (0, 0, 416)
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return whole
    return (start, end, 206) if start < size else (0, 0, 416)


def _pieces(reader: BinaryIO, length: int) -> Iterator[bytes]:
    with reader:
        while length > 0 and (piece := reader.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece
