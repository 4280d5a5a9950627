"""One trial per person, by whichever of their addresses they would be known again."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import TrialClaim
from majlis.kernel.accounts import queries as accounts
from majlis.kit.errors import Refusal

ONE_INBOX = ("gmail.com", "googlemail.com")
"""Where dots in an address mean nothing."""


class ProveYourself(Refusal):
    """Nothing of this person is proved yet: they could come back under any name."""

    code = "prove_an_address_first"
    sentence = _("Please confirm your e-mail address or phone number first. A free trial is once per person.")


class TrialUsed(Refusal):
    """This person has had their trial, under this account or another."""

    code = "trial_used"
    sentence = _("You have had your free trial already. You can subscribe without one.")


def identities(person: Any) -> set[str]:
    """Keyed digests of every proved e-mail address, phone number and messenger account of the person, each written in
    the one way that all its spellings come down to."""
    names = {
        (kind, plain_email(name) if kind == "email" else name) for kind, name in accounts.proved_identities(person)
    }
    # The key: another installation, or whoever reads the table, cannot tell whose digests these are.
    return {
        salted_hmac("majlis.billing.trial", f"{kind}:{name}", algorithm="sha256").hexdigest() for kind, name in names
    }


def plain_email(address: str) -> str:
    """`S.Hassan+trial@GMail.com` → `shassan@gmail.com`: a tag behind `+` is the same inbox everywhere, dots are
    nothing at Google's."""
    name, _at, host = address.strip().lower().rpartition("@")
    name = name.partition("+")[0]
    if host in ONE_INBOX:
        name, host = name.replace(".", ""), "gmail.com"
    return f"{name}@{host}"


def had_trial(person: Any, family: str) -> bool:
    """Whether somebody known by one of the person's addresses had a trial of this family."""
    return TrialClaim.objects.filter(family=family, identity__in=identities(person)).exists()


def claim_trial(person: Any, family: str, now: datetime) -> None:
    """Write down that the person has their trial now. Of several at once one has it. Refuses `TrialUsed`,
    `ProveYourself`."""
    known = identities(person)
    if not known:
        raise ProveYourself()
    if had_trial(person, family):
        raise TrialUsed()
    try:
        with transaction.atomic():
            TrialClaim.objects.bulk_create(
                TrialClaim(family=family, identity=each, claimed_at=now) for each in sorted(known)
            )
    except IntegrityError:
        raise TrialUsed() from None
