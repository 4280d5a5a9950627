"""What allauth says, in our words: its e-mails (each says what happened, and what to do if it was not the reader) and
its short messages on the page."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

IF_NOT_YOU = _("If this was not you, sign in, change your password and end all other sessions in your settings.")
TYPE_IT = _("Type this code on the page that asked for it. It works for 15 minutes.")
IGNORE = _("If you did not ask for this, ignore this e-mail: nothing will happen.")


@dataclass(frozen=True)
class Words:
    """One letter."""

    subject: Any
    paragraphs: tuple[Any, ...]
    button: tuple[Any, str] | None = None
    """A label, and the name of the fact that holds the address."""


def _code(subject: Any) -> Words:
    return Words(subject, (TYPE_IT, IGNORE))


def _happened(subject: Any, sentence: Any) -> Words:
    return Words(subject, (sentence, IF_NOT_YOU))


LETTERS = {
    "account/email/email_confirmation_signup": Words(
        _("Welcome! Here is your code"),
        (_("Type this code on the page where you signed up. It works for 15 minutes."), IGNORE),
    ),
    "account/email/email_confirmation": _code(_("Confirm your e-mail address")),
    "account/email/login_code": Words(
        _("Your code to sign in"), (_("Type this code on the sign-in page. It works for 15 minutes."), IGNORE)
    ),
    "account/email/password_reset_code": _code(_("Your code for a new password")),
    "account/email/account_already_exists": Words(
        _("You have an account already"),
        (
            _("Somebody, probably you, tried to sign up with this address. You already have an account with it."),
            _("If you forgot your password, set a new one."),
        ),
        (_("Set a new password"), "password_reset_url"),
    ),
    "account/email/unknown_account": Words(
        _("There is no account with this address"),
        (_("Somebody, probably you, tried to sign in with this address. There is no account with it yet."),),
        (_("Sign up"), "signup_url"),
    ),
    "account/email/password_changed": _happened(
        _("Your password was changed"), _("Your password has just been changed.")
    ),
    "account/email/password_set": _happened(_("A password was set"), _("Your account now has a password.")),
    "account/email/password_reset": _happened(
        _("Your password was set anew"), _("A new password was set with a code sent to this address.")
    ),
    "account/email/email_changed": _happened(
        _("Your e-mail address was changed"), _("From now on we write to your new address, and you sign in with it.")
    ),
    "account/email/email_deleted": _happened(
        _("An e-mail address was removed"), _("This address no longer belongs to your account.")
    ),
    "account/email/email_confirm": _happened(
        _("Your e-mail address is confirmed"), _("This address now belongs to your account.")
    ),
    "mfa/email/totp_activated": _happened(
        _("Two-step sign-in is on"), _("An authenticator app is now asked for at sign-in.")
    ),
    "mfa/email/totp_deactivated": _happened(
        _("The authenticator app was removed"), _("It is not asked for at sign-in any more.")
    ),
    "mfa/email/recovery_codes_generated": _happened(
        _("New recovery codes"), _("New recovery codes were made; the old ones are void.")
    ),
    "mfa/email/webauthn_added": _happened(_("A passkey was added"), _("You can now sign in with a new passkey.")),
    "mfa/email/webauthn_removed": _happened(
        _("A passkey was removed"), _("A passkey can no longer be used to sign in.")
    ),
    "socialaccount/email/account_connected": _happened(
        _("Another way to sign in was added"), _("You can now sign in through another service.")
    ),
    "socialaccount/email/account_disconnected": _happened(
        _("A way to sign in was removed"), _("You can no longer sign in through another service.")
    ),
}

MESSAGES = {
    "account/messages/cannot_delete_primary_email.txt": _("This is your main address and stays."),
    "account/messages/email_confirmation_failed.txt": _(
        "This address could not be confirmed: somebody has it already."
    ),
    "account/messages/email_confirmed.txt": _("Your e-mail address is confirmed."),
    "account/messages/email_deleted.txt": _("The address was removed."),
    "account/messages/password_changed.txt": _("Your password is changed."),
    "account/messages/password_set.txt": _("Your password is set."),
    "account/messages/phone_verified.txt": _("Your phone number is confirmed."),
    "account/messages/primary_email_set.txt": _("Your main address is set."),
    "account/messages/unverified_primary_email.txt": _("Confirm this address first."),
    "mfa/messages/recovery_codes_generated.txt": _("New recovery codes are made."),
    "mfa/messages/totp_activated.txt": _("Two-step sign-in is on."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "socialaccount/messages/account_connected.txt": _("You can now sign in this way."),
    "socialaccount/messages/account_connected_other.txt": _("That account belongs to somebody else here."),
    "socialaccount/messages/account_connected_updated.txt": _("You can still sign in this way."),
    "socialaccount/messages/account_disconnected.txt": _("You can no longer sign in this way."),
    "usersessions/messages/sessions_logged_out.txt": _("All other browsers are signed out."),
}
"""Short messages on the page, by allauth's template. What is not here (signed in, code sent) the page itself shows."""
