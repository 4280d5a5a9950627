"""One's own profile as an expert: written, handed in, paused."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from majlis.engines.experts import queries, services
from majlis.engines.experts.types import DocumentKind, DocumentStatus, ExpertStatus, Fluency, Mode
from majlis.faces.api.auth import requires
from majlis.faces.api.experts import ExpertOut, Minor, Slug, expert_out
from majlis.faces.api.shapes import ProblemOut
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit.errors import NotFound

PREFIX = "/me/expert"
router = Router(tags=["my expert profile"])
READ, WRITE = requires("teaching:read"), requires("teaching:write")


class MissingOut(Schema):
    """Something that is missing before the profile can be handed in."""

    code: str
    step: str
    sentence: str


class DocumentOut(Schema):
    """A document one handed in, and what was decided."""

    id: UUID
    kind: DocumentKind
    status: DocumentStatus
    note: str
    created_at: datetime
    reviewed_at: datetime | None


class MyExpertOut(Schema):
    """One's own profile: what others read, where it stands, what is missing."""

    profile: ExpertOut
    status: ExpertStatus
    status_note: str
    missing: list[MissingOut]
    documents: list[DocumentOut]


class ProfileIn(Schema):
    """Fields to change; those left out stay as they are. Money in minor units, `city` by slug; null takes away."""

    model_config = {"extra": "forbid"}

    headline: Annotated[str, Field(max_length=120)] = ""
    bio: Annotated[str, Field(max_length=1000)] = ""
    about: Annotated[str, Field(max_length=8000)] = ""
    education: Annotated[str, Field(max_length=2000)] = ""
    experience_years: Annotated[int, Field(ge=0, le=70)] = 0
    modes: list[Mode] = []
    city: Slug | None = None
    zone: Annotated[str, Field(max_length=64)] = "UTC"
    tags: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=12)] = []
    links: dict[str, str] = {}
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3,4}$")] = "USD"
    hourly_rate: Minor | None = None
    trial_price: Minor | None = None
    trial_minutes: Annotated[int, Field(ge=15, le=240)] | None = None


class LanguageIn(Schema):
    code: Annotated[str, Field(min_length=2, max_length=3)]
    fluency: Fluency


class TeachingIn(Schema):
    """A subject at a level, both by slug; `hourly_rate` null means the usual price."""

    subject: Slug
    level: Slug
    hourly_rate: Minor | None = None
    description: Annotated[str, Field(max_length=500)] = ""


class LanguagesIn(Schema):
    items: list[LanguageIn] = Field(max_length=12)


class TeachingsIn(Schema):
    items: list[TeachingIn] = Field(max_length=100)


class DocumentIn(Schema):
    """A stored file (uploaded for `document`) and what it proves."""

    kind: DocumentKind
    file_id: UUID


class VideoIn(Schema):
    """A stored file (uploaded for `intro_video`), or null for none."""

    file_id: UUID | None


def _mine(request: HttpRequest) -> MyExpertOut:
    person: Any = request.user
    profile = queries.own_profile(person)
    if profile is None:
        raise NotFound
    return MyExpertOut(
        profile=expert_out(profile),
        status=ExpertStatus(profile.status),
        status_note=profile.status_note,
        missing=[MissingOut(code=m.code, step=m.step, sentence=m.sentence) for m in queries.missing(profile)],
        documents=[DocumentOut.from_orm(row) for row in queries.own_documents(person)],
    )


ANSWERS: dict[Any, Any] = {200: MyExpertOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}


@router.get("", response={200: MyExpertOut, 404: ProblemOut}, auth=READ)
def show(request: HttpRequest) -> MyExpertOut:
    """One's own profile; 404 before it was begun."""
    return _mine(request)


@router.post("", response=ANSWERS, auth=WRITE)
def start(request: HttpRequest) -> MyExpertOut:
    """Begin. Harmless when repeated."""
    services.start_profile(actor=request.user)
    return _mine(request)


@router.patch("", response=ANSWERS, auth=WRITE)
def save(request: HttpRequest, fields: ProfileIn) -> MyExpertOut:
    """Change some fields."""
    services.save_profile(actor=request.user, **fields.dict(exclude_unset=True))
    return _mine(request)


@router.put("/languages", response=ANSWERS, auth=WRITE)
def save_languages(request: HttpRequest, languages: LanguagesIn) -> MyExpertOut:
    """Replace the languages one speaks."""
    pairs = [(row.code, row.fluency) for row in languages.items]
    services.save_languages(actor=request.user, languages=pairs)
    return _mine(request)


@router.put("/subjects", response=ANSWERS, auth=WRITE)
def save_subjects(request: HttpRequest, subjects: TeachingsIn) -> MyExpertOut:
    """Teach exactly these from now on."""
    rows = [services.Teaching(row.subject, row.level, row.hourly_rate, row.description) for row in subjects.items]
    services.set_subjects(actor=request.user, teachings=rows)
    return _mine(request)


@router.delete("/subjects/{subject}/{level}", response=ANSWERS, auth=WRITE)
def remove_subject(request: HttpRequest, subject: str, level: str) -> MyExpertOut:
    """Teach it no longer."""
    found = catalogue.subject(subject)
    services.remove_subject(actor=request.user, subject_id=found.pk, level=level)
    return _mine(request)


@router.post("/documents", response=ANSWERS, auth=WRITE)
def add_document(request: HttpRequest, document: DocumentIn) -> MyExpertOut:
    """Hand in a document."""
    services.add_document(actor=request.user, kind=document.kind, file_id=document.file_id)
    return _mine(request)


@router.delete("/documents/{document_id}", response=ANSWERS, auth=WRITE)
def remove_document(request: HttpRequest, document_id: UUID) -> MyExpertOut:
    """Take back a document that nobody has decided on."""
    services.remove_document(actor=request.user, document_id=document_id)
    return _mine(request)


@router.put("/video", response=ANSWERS, auth=WRITE)
def set_video(request: HttpRequest, video: VideoIn) -> MyExpertOut:
    """Show this introduction video, or none."""
    services.set_video(actor=request.user, file_id=video.file_id)
    return _mine(request)


@router.post("/submit", response=ANSWERS, auth=WRITE)
def submit(request: HttpRequest) -> MyExpertOut:
    """Hand in for review."""
    services.submit_profile(actor=request.user)
    return _mine(request)


@router.post("/withdraw", response=ANSWERS, auth=WRITE)
def withdraw(request: HttpRequest) -> MyExpertOut:
    """Take it back from review."""
    services.withdraw_profile(actor=request.user)
    return _mine(request)


@router.post("/pause", response=ANSWERS, auth=WRITE)
def pause(request: HttpRequest) -> MyExpertOut:
    """Off the list for a while."""
    person: Any = request.user
    services.deactivate(actor=person, expert_id=person.pk)
    return _mine(request)


@router.post("/resume", response=ANSWERS, auth=WRITE)
def resume(request: HttpRequest) -> MyExpertOut:
    """Back on the list."""
    person: Any = request.user
    services.reactivate(actor=person, expert_id=person.pk)
    return _mine(request)
