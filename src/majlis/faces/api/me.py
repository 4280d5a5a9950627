"""Oneself: profile, places, sessions, keys, guardians, data."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from majlis.faces.api.auth import requires
from majlis.faces.api.sign_in import WrongPassword
from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.types import Gender, Scope
from majlis.kernel.files import queries as files
from majlis.kit.errors import NotFound, TooMany

PREFIX = "/me"
router = Router(tags=["me"])
READ, WRITE = requires(Scope.PROFILE_READ), requires(Scope.PROFILE_WRITE)


class MeOut(Schema):
    """The person who asks."""

    id: UUID
    name: str
    email: str | None
    email_verified: bool
    phone: str | None
    phone_verified: bool
    picture: str
    gender: str
    birth_date: date | None
    language: str
    zone: str
    currency: str
    country: str
    city: str
    privacy: dict[str, bool]
    roles: list[str]
    may_buy: bool
    """False while a member under age has no consenting guardian."""
    created_at: datetime


class MeIn(Schema):
    """What one may change about oneself; fields left out stay."""

    model_config = {"extra": "forbid"}
    name: str | None = Field(None, max_length=150)
    gender: Gender | None = None
    birth_date: date | None = None
    language: str | None = None
    zone: str | None = None
    currency: str | None = None
    country: str | None = None
    city: str | None = None
    privacy: dict[str, bool] | None = None


class AddressIn(Schema):
    """A place."""

    model_config = {"extra": "forbid"}
    label: str = Field(max_length=50)
    country: str = Field("", max_length=2)
    province: str = Field("", max_length=100)
    city: str = Field(max_length=100)
    district: str = Field("", max_length=100)
    detail: str = Field("", max_length=500)
    lat: Decimal | None = None
    lng: Decimal | None = None
    is_primary: bool = False


class AddressOut(AddressIn):
    """A place of the person who asks."""

    model_config = {"extra": "ignore"}
    id: UUID


class SessionOut(Schema):
    """A browser in which one is signed in."""

    id: int
    ip: str
    user_agent: str
    created_at: datetime
    current: bool


class AppOut(Schema):
    """An app that signed in."""

    id: UUID
    device: str
    created_at: datetime
    used_at: datetime


class KeyIn(Schema):
    """An access key to make. `days` null: good until revoked."""

    name: str = Field(max_length=80)
    scopes: list[Scope]
    days: int | None = Field(90, ge=1, le=730)


class KeyOut(Schema):
    """An access key; `hint` is how its secret ends."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class NewKeyOut(Schema):
    """A key just made: `secret` is shown this once."""

    id: UUID
    secret: str
    expires_at: datetime | None


class ActivityOut(Schema):
    """Something that happened around one's account."""

    id: UUID
    kind: str
    ip: str | None
    device: str
    created_at: datetime


class ActivityPage(Schema):
    """`next` is the cursor of the following page."""

    items: list[ActivityOut]
    next: str | None


class GuardianIn(Schema):
    """Whom to ask for consent."""

    email: str = Field(max_length=254)


class GuardianOut(Schema):
    """A guardian who was asked."""

    id: UUID
    email: str
    name: str
    state: str
    asked_at: datetime
    answered_at: datetime | None


class WardOut(Schema):
    """A member under age for whom one said yes."""

    guardianship_id: UUID
    id: UUID
    name: str


class LastWord(Schema):
    """One's password once more."""

    password: str = Field(max_length=1000)


@router.get("", response=MeOut, auth=READ)
def show_me(request: HttpRequest) -> MeOut:
    """Who is asking."""
    return _me(_person(request))


@router.patch("", response=MeOut, auth=WRITE)
def change_me(request: HttpRequest, changes: MeIn) -> MeOut:
    """Change settings. Roles, status, e-mail and phone cannot be set here; unknown fields are refused."""
    fields = {k: v for k, v in changes.dict(exclude_unset=True).items() if v is not None}
    return _me(services.change_settings(_person(request), **fields))


@router.get("/addresses", response=list[AddressOut], auth=READ)
def list_addresses(request: HttpRequest) -> Any:
    """One's places, the primary one first."""
    return queries.addresses_of(_person(request))


@router.post("/addresses", response={201: AddressOut}, auth=WRITE)
def add_address(request: HttpRequest, place: AddressIn) -> Any:
    """Add a place; the first is the primary one."""
    return 201, services.save_address(actor=_person(request), **place.dict())


@router.put("/addresses/{address_id}", response=AddressOut, auth=WRITE)
def change_address(request: HttpRequest, address_id: UUID, place: AddressIn) -> Any:
    """Change one of one's places."""
    return services.save_address(actor=_person(request), address_id=address_id, **place.dict())


@router.delete("/addresses/{address_id}", response={204: None}, auth=WRITE)
def remove_address(request: HttpRequest, address_id: UUID) -> Any:
    """Remove one of one's places."""
    services.remove_address(actor=_person(request), address_id=address_id)
    return 204, None


@router.get("/sessions", response=list[SessionOut])
def list_sessions(request: HttpRequest) -> Any:
    """Browsers in which one is signed in."""
    own = request.session.session_key
    return [
        SessionOut(
            id=row.pk, ip=row.ip, user_agent=row.user_agent, created_at=row.created_at, current=row.session_key == own
        )
        for row in UserSession.objects.purge_and_list(_person(request))
    ]


@router.delete("/sessions/{session_id}", response={204: None})
def end_session(request: HttpRequest, session_id: int) -> Any:
    """Sign one of one's browsers out."""
    row = UserSession.objects.filter(pk=session_id % 2**63, user=_person(request)).first()
    if row is None:
        raise NotFound
    row.end()
    return 204, None


@router.get("/apps", response=list[AppOut])
def list_apps(request: HttpRequest) -> Any:
    """Apps that are signed in, the last used first."""
    return queries.apps_of(_person(request))


@router.delete("/apps/{app_id}", response={204: None})
def end_app(request: HttpRequest, app_id: UUID) -> Any:
    """Sign an app out."""
    services.revoke_app(actor=_person(request), app_id=app_id)
    return 204, None


@router.get("/keys", response=list[KeyOut])
def list_keys(request: HttpRequest) -> Any:
    """One's access keys; never their secrets."""
    return queries.keys_of(_person(request))


@router.post("/keys", response={201: NewKeyOut})
def make_key(request: HttpRequest, key: KeyIn) -> Any:
    """Make an access key. A key cannot make keys: this needs a session or a signed-in app."""
    return 201, services.make_key(actor=_person(request), **key.dict())


@router.delete("/keys/{key_id}", response={204: None})
def revoke_key(request: HttpRequest, key_id: UUID) -> Any:
    """Revoke an access key."""
    services.revoke_key(actor=_person(request), key_id=key_id)
    return 204, None


@router.get("/activity", response=ActivityPage, auth=READ)
def list_activity(request: HttpRequest, cursor: str | None = None, limit: int = 25) -> Any:
    """What happened around one's account, newest first."""
    page = queries.activity_of(_person(request), cursor, limit)
    return {"items": page.items, "next": page.next}


@router.get("/guardians", response=list[GuardianOut], auth=READ)
def list_guardians(request: HttpRequest) -> Any:
    """Whom one asked for consent."""
    return queries.guardianships_of(_person(request))


@router.post("/guardians", response={201: GuardianOut}, auth=WRITE)
def ask_guardian(request: HttpRequest, guardian: GuardianIn) -> Any:
    """Ask a parent or guardian by e-mail."""
    return 201, services.ask_guardian(actor=_person(request), email=guardian.email)


@router.delete("/guardians/{guardianship_id}", response={204: None}, auth=WRITE)
def withdraw_consent(request: HttpRequest, guardianship_id: UUID) -> Any:
    """End a request of one's own, or (as the guardian) take the consent back."""
    services.withdraw_consent(actor=_person(request), guardianship_id=guardianship_id)
    return 204, None


@router.get("/wards", response=list[WardOut], auth=READ)
def list_wards(request: HttpRequest) -> Any:
    """Members under age for whom one said yes."""
    return [
        WardOut(guardianship_id=row.id, id=row.ward_id, name=row.ward.name)
        for row in queries.wardships_of(_person(request))
    ]


@router.get("/data", response={200: bytes}, include_in_schema=False)
def export_data(request: HttpRequest) -> HttpResponse:
    """Everything the house keeps about the person, as a ZIP of JSON files."""
    person = _person(request)
    services.throttle(scope="export", key=str(person.id), limit=5, seconds=86400)
    return HttpResponse(services.export_data(person=person), content_type="application/zip")


@router.post("/deletion", response={204: None})
def delete_me(request: HttpRequest, word: LastWord) -> Any:
    """Delete one's account for good; asks for the password once more."""
    person = _person(request)
    try:
        sure = get_adapter(request).reauthenticate(person, word.password)
    except ValidationError:
        raise TooMany(retry_after=300) from None
    if not sure:
        raise WrongPassword
    services.anonymise_person(actor=person, person=person)
    return 204, None


def _person(request: HttpRequest) -> Any:
    return request.user


def _me(person: Any) -> MeOut:
    return MeOut(
        id=person.id,
        name=person.name,
        email=person.email,
        email_verified=queries.has_verified_email(person),
        phone=person.phone,
        phone_verified=person.phone_verified_at is not None,
        picture=files.picture_url(person),
        gender=person.gender,
        birth_date=person.birth_date,
        language=person.language,
        zone=person.zone,
        currency=person.currency,
        country=person.country,
        city=person.city,
        privacy=person.privacy,
        roles=sorted({"member", *person.roles}),
        may_buy=not queries.is_minor(person) or queries.has_consent(person),
        created_at=person.created_at,
    )
