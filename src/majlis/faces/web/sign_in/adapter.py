"""Where allauth asks us: how a person is made, found by telephone, written to, let in."""

from typing import Any
from urllib.parse import unquote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal.httpkit import get_client_ip
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from majlis.faces.web.sign_in.forms import PhoneField
from majlis.faces.web.sign_in.letters import LETTERS, MESSAGES
from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.types import ActivityKind
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.translated import in_language


class AccountAdapter(DefaultAccountAdapter):
    """Our answers to allauth."""

    # Making a person -----------------------------------------------------------------------------------------------

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Only these fields are taken from a sign-up form: no role, no status, no staff."""
        data = form.cleaned_data
        zone = unquote(request.COOKIES.get("zone", ""))
        for field, value in services.new_member_settings(language=get_language() or "", zone=zone).items():
            setattr(user, field, value)
        user.email = data.get("email") or None
        user.name, user.birth_date = data["name"], data["birth_date"]
        user.terms_accepted_at = clock.now()
        password = data.get("password1") or data.get("password")  # a page's form or an app's
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        if commit:
            user.save()
            if data.get("phone"):
                self.set_phone(user, data["phone"], False)
        return user

    # Telephones ----------------------------------------------------------------------------------------------------

    def phone_form_field(self, **options: Any) -> Any:
        return PhoneField(**options)

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        services.set_phone(person=user, phone=phone, verified=verified)

    def set_phone_verified(self, user: Any, phone: str) -> None:
        services.set_phone(person=user, phone=phone, verified=True)

    def get_user_by_phone(self, phone: str) -> Any:
        return queries.person_by_phone(phone)

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **rest: Any) -> None:
        services.send_text(to=phone, text=self._text(_("%(code)s is your code for %(house)s."), code=code))

    def send_unknown_account_sms(self, phone: str, **rest: Any) -> None:
        services.send_text(to=phone, text=self._text(_("There is no account with this number at %(house)s yet.")))

    def send_account_already_exists_sms(self, phone: str) -> None:
        sentence = _("You already have an account with this number at %(house)s. Sign in with a code.")
        services.send_text(to=phone, text=self._text(sentence))

    @staticmethod
    def _text(sentence: Any, **facts: Any) -> str:
        return str(sentence) % {"house": in_language(edition().name), **facts}

    # Addresses -----------------------------------------------------------------------------------------------------

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            services.announce_proof(person=email_address.user)
        return confirmed

    # Letters -------------------------------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        words = LETTERS[template_prefix]
        user = context.get("user")
        services.send_letter(
            to=email,
            subject=words.subject,
            paragraphs=words.paragraphs,
            code=context.get("code", ""),
            button=(words.button[0], context[words.button[1]]) if words.button else None,
            language=user.language if user and user.last_login else None,
        )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or MESSAGES.get(message_template or "")
        if text:
            super().add_message(request, level, extra_tags=extra_tags, message=str(text))

    # Coming in -----------------------------------------------------------------------------------------------------

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.account.stages.EmailVerificationStage": "majlis.faces.web.sign_in.stages.EmailIfAny"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts failures per e-mail address; without this all telephones would share one count.
        login = credentials.get("email") or credentials.get("phone") or ""
        return f"{request.get_host()}:{login.lower()}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        person = None
        if credentials.get("email"):
            person = queries.person_by_email(credentials["email"])
        elif credentials.get("phone"):
            person = queries.person_by_phone(credentials["phone"])
        if person is not None:
            self._note(request, person, ActivityKind.SIGN_IN_FAILED)

    def login(self, request: HttpRequest, user: Any) -> None:
        first = user.last_login is None
        super().login(request, user)
        if first:
            services.welcome_person(person=user, ip=get_client_ip(request), device=self.get_http_user_agent(request))
        services.tie_wards(person=user)
        self._note(request, user, ActivityKind.SIGNED_IN)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            self._note(request, request.user, ActivityKind.SIGNED_OUT)
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        """A new password ends every other session (Django) and every app (here)."""
        super().set_password(user, password)
        services.revoke_every_app(person=user, why="password_changed")
        self._note(context.request, user, ActivityKind.PASSWORD_CHANGED)

    def _note(self, request: HttpRequest, person: Any, kind: str) -> None:
        services.note_activity(
            person=person, kind=kind, ip=get_client_ip(request), device=self.get_http_user_agent(request)
        )


class OthersAdapter(DefaultSocialAccountAdapter):
    """Google and OpenID Connect."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name") or "", data.get("last_name") or "")
        user.name = (data.get("name") or " ".join(parts)).strip()[:150]
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Where to go on once an account elsewhere was connected: by now it is theirs."""
        if request.user.is_authenticated:
            services.announce_proof(person=request.user)
        return super().get_connect_redirect_url(request, socialaccount)

    def get_signup_form_initial_data(self, sociallogin: Any) -> dict[str, Any]:
        return {**super().get_signup_form_initial_data(sociallogin), "name": sociallogin.user.name}
