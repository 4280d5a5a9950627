"""Signing programs in. People's own sign-up and sign-in inside an app (codes, passkeys, Google) is at `/api/auth/`."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import derive_login_method
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Field, Router, Schema

from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.types import TokenPair
from majlis.kit.errors import Invalid, Refusal, TooMany

PREFIX = "/auth"
router = Router(tags=["sign-in"])


class WrongPassword(Refusal):
    """Unknown address, wrong password, closed account: the caller is not told which."""

    code = "wrong_password"
    sentence = _("The address or the password is not right.")
    status = 401


class CodeNeeded(Refusal):
    """The password is right, and the account asks for a second step."""

    code = "code_needed"
    sentence = _("Send the code of your authenticator app (or a recovery code) as `code`.")
    status = 401


class NotVerified(Refusal):
    """The address was never confirmed."""

    code = "not_verified"
    sentence = _("Confirm your address first: sign in once in a browser.")
    status = 403


class Credentials(Schema):
    """An e-mail address or a phone number, the password, and the second step where the account asks for one."""

    login: str = Field(max_length=254)
    password: str = Field(max_length=1000)
    code: str = Field("", max_length=40)


class Tokens(Schema):
    """`access_token` goes into `Authorization: Bearer …`; `refresh_token` buys the next pair, once."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int

    @classmethod
    def of(cls, pair: TokenPair) -> "Tokens":
        return cls(access_token=pair.access, refresh_token=pair.refresh, expires_in=pair.expires_in)


class RefreshIn(Schema):
    """A refresh token."""

    refresh_token: str = Field(max_length=200)


@router.post("/token", response=Tokens, auth=None)
def sign_in(request: HttpRequest, credentials: Credentials) -> Tokens:
    """Sign an app in with a password: an access token for 15 minutes and a refresh token for 60 days. Refuses
    `wrong_password`, `code_needed`, `not_verified`, and after too many attempts `too_many_requests`."""
    ip = get_client_ip(request) or "-"
    services.throttle(scope="sign_in_ip", key=ip, limit=60, seconds=300)
    person = _by_password(request, credentials)
    if not (queries.has_verified_email(person) or person.phone_verified_at):
        raise NotVerified
    steps = [
        step.wrap() for step in Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.WEBAUTHN)
    ]
    if Authenticator.objects.filter(user=person).exists():
        if not credentials.code:
            raise CodeNeeded
        services.throttle(scope="second_step", key=str(person.id), limit=5, seconds=300)
        if not any(step.validate_code(credentials.code) for step in steps):
            raise CodeNeeded
    pair = services.issue_tokens(person=person, device=request.headers.get("User-Agent", ""), ip=ip)
    return Tokens.of(pair)


@router.post("/refresh", response=Tokens, auth=None)
def refresh(request: HttpRequest, body: RefreshIn) -> Tokens:
    """The next pair. A refresh token works once; a second use signs the app out (`token_reused`)."""
    return Tokens.of(services.rotate_refresh_token(refresh=body.refresh_token))


@router.post("/revoke", response={204: None}, auth=None)
def revoke(request: HttpRequest, body: RefreshIn) -> tuple[int, None]:
    """Sign the app out. Says 204 whether or not the token was known."""
    services.revoke_refresh_token(refresh=body.refresh_token)
    return 204, None


def _by_password(request: HttpRequest, credentials: Credentials) -> Any:
    """The person, by allauth's own check, with its counts of failures per account and address."""
    login = credentials.login.strip().lower()
    if "@" not in login:
        try:
            login = services.read_phone(login)
        except Invalid:
            raise WrongPassword from None
    try:
        method = derive_login_method(login).value
        person = get_adapter(request).authenticate(request, **{method: login, "password": credentials.password})
    except ValidationError:
        raise TooMany(retry_after=300) from None
    if person is None or not person.is_active:
        raise WrongPassword
    return person
