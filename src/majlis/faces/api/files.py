"""Uploads: send a file first, then name its id where it is used."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from majlis.faces.api.auth import requires
from majlis.kernel.accounts import services as people
from majlis.kernel.files import queries, services
from majlis.kit.errors import NotFound

PREFIX = "/files"
router = Router(tags=["files"])

Uploaded = Literal["avatar", "cover", "document", "intro_video", "attachment", "receipt", "recording", "progress"]


class FileOut(Schema):
    """A stored file, and a link to it for an hour or two."""

    id: UUID
    purpose: str
    name: str
    mime: str
    size: int
    width: int | None
    height: int | None
    url: str
    created_at: datetime

    @staticmethod
    def resolve_url(row: Any) -> str:
        return queries.file_url(row)


@router.post("", response={201: FileOut}, auth=requires("profile:write"))
def upload_file(request: HttpRequest, file: File[UploadedFile], purpose: Form[Uploaded]) -> Any:
    """Send a file (multipart). Its kind is found in its content; pictures are made anew without what cameras hide in
    them. Unused for a day, it is removed."""
    person: Any = request.user
    people.throttle(scope="files.upload", key=str(person.pk), limit=100, seconds=600)
    return Status(201, services.store_file(actor=person, content=file, name=file.name or "file", purpose=purpose))


@router.get("/{uuid:file_id}", response=FileOut, auth=requires("profile:read"))
def show_file(request: HttpRequest, file_id: UUID) -> Any:
    """A file you sent, with a fresh link."""
    row = queries.file(file_id)
    if row.owner_id != request.user.pk:
        raise NotFound
    return row
