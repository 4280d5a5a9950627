"""One trial per person, by whichever of their addresses they would be known again."""

import unicodedata
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import Subscription, SubscriptionPeriod, TrialClaim
from majlis.engines.billing.plan_types import PeriodKind, SubscriptionStatus
from majlis.kernel.accounts import queries as accounts
from majlis.kit import clock
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
    nothing at Google's, and a host's name in its own letters (`xn--…` spelled out) is the same host."""
    name, _at, host = unicodedata.normalize("NFKC", address.strip()).lower().rpartition("@")
    name = name.partition("+")[0]
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    if host in ONE_INBOX:
        name, host = name.replace(".", ""), "gmail.com"
    return f"{name}@{host}"


def had_trial(person: Any, family: str) -> bool:
    """Whether the person, or somebody known by one of their addresses, had a trial of this family, or is about to begin
    one on a provider's page. What waits for the person themselves does not count."""
    if _own_trials(person).filter(subscription__family=family).exists():
        return True
    claims = TrialClaim.objects.filter(family=family, identity__in=identities(person))
    return claims.exclude(held_for__in=_waiting(person)).exists()


def _waiting(person: Any) -> QuerySet[Subscription, UUID]:
    """The ids of subscriptions of theirs for which a trial may be held."""
    mine = Subscription.objects.filter(person=person, status=SubscriptionStatus.INCOMPLETE)
    return mine.values_list("id", flat=True)


def _own_trials(person: Any) -> QuerySet[SubscriptionPeriod]:
    """An account stays itself, whatever addresses it has now."""
    return SubscriptionPeriod.objects.filter(subscription__person=person, kind=PeriodKind.TRIAL)


def claim_trial(person: Any, family: str, now: datetime, *, held_for: UUID | None = None) -> None:
    """Write down that the person has their trial now, or (`held_for` a subscription whose trial a provider's page
    offers) that nobody else may have it meanwhile. Of several at once one has it. Refuses `TrialUsed`,
    `ProveYourself`."""
    known = identities(person)
    if not known:
        raise ProveYourself()
    if had_trial(person, family):
        raise TrialUsed()
    held = TrialClaim.objects.filter(family=family, held_for__in=_waiting(person))
    missing = known.difference(held.values_list("identity", flat=True))
    held.update(held_for=held_for, claimed_at=now)
    try:
        with transaction.atomic():
            TrialClaim.objects.bulk_create(
                TrialClaim(family=family, identity=each, claimed_at=now, held_for=held_for) for each in sorted(missing)
            )
    except IntegrityError:
        raise TrialUsed() from None


def free_trial(subscription_id: UUID) -> None:
    """What was held for a subscription that ended without its trial may be had again."""
    TrialClaim.objects.filter(held_for=subscription_id).delete()


@transaction.atomic
def keep_trials_known(person: Any, *, now: datetime | None = None) -> None:
    """Have every trial the person had be known by each address they have proved by now, not only by those of the day
    it began. Asked whenever one is added, and before an account forgets them."""
    known = identities(person)
    had = TrialClaim.objects.filter(identity__in=known, held_for__isnull=True).values_list("family", flat=True)
    families = {*had, *_own_trials(person).values_list("subscription__family", flat=True)}
    now = now or clock.now()
    TrialClaim.objects.bulk_create(
        [
            TrialClaim(family=family, identity=each, claimed_at=now)
            for family in sorted(families)
            for each in sorted(known)
        ],
        ignore_conflicts=True,
    )
