"""A mail to somebody who has no account: a gift, an invitation."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext

from majlis.kernel.notices import gateways
from majlis.kernel.notices.gateways.base import MailRefused
from majlis.kit.edition import edition
from majlis.kit.translated import in_language


def write_letter(*, address: str, name: str, language: str, title: str, body: str, path: str, action: str) -> None:
    """Mail `title` and `body` (plain text) to an address that belongs to nobody here, with a button `action` to the
    page at `path`, in `language`. Sent by a job of the caller's transaction; a server that is away is tried again."""
    from majlis.kernel.notices.tasks import send_letter

    send_letter.defer(address=address, name=name, language=language, title=title, body=body, path=path, action=action)


def send_letter(*, address: str, name: str, language: str, title: str, body: str, path: str, action: str) -> bool:
    """Hand a letter to the mail server; False when it refuses the address for good. Raises `MailDelayed`, to be tried
    again."""
    with translation.override(language):
        house = in_language(edition().name)
        said = {"title": title, "body": body, "action": action}
        facts: dict[str, Any] = {
            "house": house,
            "title": title,
            "notices": [{"said": said, "url": settings.PUBLIC_URL + path}],
            "digest": False,
            "stop": "",
            "home": settings.PUBLIC_URL,
            "wishes": "",
            "language": language,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "greeting": gettext("Hello %(name)s,") % {"name": name},
        }
        message = EmailMultiAlternatives(
            subject=" ".join(f"{title} · {house}".split()),
            body=loader.render_to_string("notices/mail/notice.txt", facts, using="django"),
            to=[address],
            headers={"Auto-Submitted": "auto-generated"},
        )
        html = loader.render_to_string("notices/mail/notice.html", facts, using="django")
        message.attach_alternative(html, "text/html")
    postman = gateways.postman()
    try:
        postman.post(message)
    except MailRefused:
        return False
    finally:
        postman.close()
    return True
