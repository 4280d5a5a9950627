"""What proves who somebody is and what they can: documents for staff, certificates and experiences for everybody."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.models import Certificate, Document, Experience
from majlis.engines.experts.policy import admission
from majlis.engines.experts.services.listings import refresh_listings
from majlis.engines.experts.services.profiles import claim, own_profile, plain
from majlis.engines.experts.services.standing import require_reviewer
from majlis.engines.experts.types import DocumentKind, DocumentStatus, Employment
from majlis.kernel.accounts import services as accounts
from majlis.kernel.files import services as files
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal


class DocumentDecided(Refusal):
    """Somebody decided on it already: it is evidence now."""

    code = "document_decided"
    sentence = _("This document was reviewed already. Add a new one instead.")


@transaction.atomic
def add_document(*, actor: Any, kind: str, file_id: UUID) -> Document:
    """Hand in a stored file (purpose `document`, the actor's own) as proof. Refuses with `Invalid`."""
    profile = own_profile(actor)
    if kind not in DocumentKind.values:
        raise Invalid(errors={"kind": _("Choose what kind of document it is.")})
    limit = admission().documents_max
    if profile.documents.exclude(status=DocumentStatus.REJECTED).count() >= limit:
        raise Invalid(errors={"file": _("At most %(limit)d documents.") % {"limit": limit}})
    document = Document(expert=profile, kind=kind, file_id=file_id)
    claim(file_id, actor, "document", f"experts.document:{document.pk}")
    try:
        with transaction.atomic():
            document.save(force_insert=True)
    except IntegrityError:  # the same upload handed in twice
        raise Invalid(errors={"file": _("This file was handed in already.")}) from None
    return document


@transaction.atomic
def remove_document(*, actor: Any, document_id: UUID) -> None:
    """Take back a document nobody has decided on. Refuses with `NotFound` and `DocumentDecided`."""
    document = Document.objects.select_for_update().filter(pk=document_id, expert=own_profile(actor)).first()
    if document is None:
        raise NotFound
    if document.status != DocumentStatus.PENDING:
        raise DocumentDecided
    files.release_file(f"experts.document:{document.pk}")
    document.delete()


@transaction.atomic
def review_document(
    *, actor: Any, document_id: UUID, approve: bool, note: str = "", now: datetime | None = None
) -> Document:
    """Staff decide on a document; a rejection needs a note for its owner. Refuses with `Forbidden`, `NotFound`,
    `Invalid` and, when somebody decided before, `DocumentDecided`."""
    require_reviewer(actor)
    document = Document.objects.select_for_update().filter(pk=document_id).first()
    if document is None:
        raise NotFound
    if document.status != DocumentStatus.PENDING:
        raise DocumentDecided
    note = plain(note)
    if not approve and not note:
        raise Invalid(errors={"note": _("Say why, so that they can send a better one.")})
    document.status = DocumentStatus.APPROVED if approve else DocumentStatus.REJECTED
    document.reviewer, document.reviewed_at, document.note = actor, now or clock.now(), note[:1000]
    document.save(update_fields=["status", "reviewer", "reviewed_at", "note"])
    accounts.record_act(
        actor=actor,
        action="document.approved" if approve else "document.rejected",
        target=f"experts.document:{document.pk}",
        facts={"kind": document.kind},
        reason=note,
    )
    if not approve:
        notices.notify(
            person_id=document.expert.person_id,
            kind="expert_document_rejected",
            facts={"document": DocumentKind(document.kind).label, "reason": note},
            link="/teach/documents/",
        )
    return document


@transaction.atomic
def save_certificate(
    *,
    actor: Any,
    title: str,
    issuer: str,
    issued_on: date | None = None,
    expires_on: date | None = None,
    credential_url: str = "",
    position: int = 0,
    certificate_id: UUID | None = None,
) -> Certificate:
    """Show a certificate on the profile, or change one. Refuses with `Invalid` and `NotFound`."""
    profile = own_profile(actor)
    errors = _wanted(title=title, issuer=issuer) | _in_order(issued_on, expires_on, "expires_on")
    if credential_url:
        try:
            URLValidator(schemes=["https", "http"])(credential_url)
        except ValidationError:
            errors["credential_url"] = _("This is not an address on the web.")
    if errors:
        raise Invalid(errors=errors)
    row = _own(Certificate, profile, certificate_id) if certificate_id else Certificate(expert=profile)
    row.title, row.issuer = plain(title)[:150], plain(issuer)[:150]
    row.issued_on, row.expires_on, row.credential_url = issued_on, expires_on, credential_url[:300]
    row.position = position
    row.save()
    refresh_listings([profile.pk])
    return row


@transaction.atomic
def save_experience(
    *,
    actor: Any,
    title: str,
    company: str,
    employment: str = "",
    location: str = "",
    started_on: date | None = None,
    ended_on: date | None = None,
    position: int = 0,
    experience_id: UUID | None = None,
) -> Experience:
    """Show a position held on the profile, or change one. Refuses with `Invalid` and `NotFound`."""
    profile = own_profile(actor)
    errors = _wanted(title=title, company=company) | _in_order(started_on, ended_on, "ended_on")
    if employment and employment not in Employment.values:
        errors["employment"] = _("Choose how you worked there.")
    if errors:
        raise Invalid(errors=errors)
    row = _own(Experience, profile, experience_id) if experience_id else Experience(expert=profile)
    row.title, row.company, row.location = plain(title)[:150], plain(company)[:150], plain(location)[:150]
    row.employment, row.started_on, row.ended_on = employment, started_on, ended_on
    row.position = position
    row.save()
    refresh_listings([profile.pk])
    return row


@transaction.atomic
def remove_certificate(*, actor: Any, certificate_id: UUID) -> None:
    """Show it no longer. Refuses with `NotFound`."""
    _own(Certificate, own_profile(actor), certificate_id).delete()


@transaction.atomic
def remove_experience(*, actor: Any, experience_id: UUID) -> None:
    """Show it no longer. Refuses with `NotFound`."""
    _own(Experience, own_profile(actor), experience_id).delete()


def _own(model: Any, profile: Any, row_id: UUID) -> Any:
    row = model.objects.filter(pk=row_id, expert=profile).first()
    if row is None:
        raise NotFound
    return row


def _wanted(**texts: str) -> dict[str, Any]:
    return {name: _("Please fill this in.") for name, text in texts.items() if not plain(text)}


def _in_order(first: date | None, last: date | None, field: str) -> dict[str, Any]:
    if first and last and last <= first:
        return {field: _("This date must be after the first one.")}
    return {}
