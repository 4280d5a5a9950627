"""People's hours: the weekly timetable, rules that repeat otherwise, one-off openings, time off."""
# ruff: noqa: S608 - composed of constants; every value is a parameter

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from majlis.engines.scheduling import events, queries
from majlis.engines.scheduling.models import Opening, Rule, TimeOff
from majlis.engines.scheduling.queries import sql
from majlis.engines.scheduling.services import free_time
from majlis.engines.scheduling.services.settings import check_zone
from majlis.engines.scheduling.types import Frequency, Hours, Misfit
from majlis.kit import clock
from majlis.kit.db import lock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.events import publish

LOCKS = "scheduling.hours"
MOST_RULES = 200
FURTHEST = timedelta(days=5 * 366)
LOOKED_AHEAD = timedelta(days=1100)
"""How far ahead rules are compared. Every pattern but a weekday on a leap day comes round by then."""
ONE_WEEK_AND_MORE = timedelta(days=15)
"""How far, where all of them come every week on one wall: each week is like the one before."""


class RulesOverlap(Refusal):
    """Two rules of one person open the same time. Facts: `rule`, the other one's title, and `day`."""

    code = "rules_overlap"
    sentence = _("These hours overlap others of yours on %(day)s. Shorten one of the two.")


class OpeningOverlaps(Refusal):
    """There is a one-off opening at this time already."""

    code = "opening_overlaps"
    sentence = _("You have a one-off opening at this time already.")


@transaction.atomic
def set_weekly_hours(
    *,
    person_id: UUID,
    hours: Sequence[Hours],
    zone: str = "",
    cancel_displaced: bool = False,
    actor: Any = None,
    now: datetime | None = None,
) -> list[Misfit]:
    """Replace somebody's weekly timetable by `hours`, on the wall of `zone` (their calendar's by default). The
    reservations that no longer fit: kept, or, with `cancel_displaced`, their makers are asked to cancel them. Refuses
    `RulesOverlap`, `Invalid`."""
    now = now or clock.now()
    zone = check_zone(zone) if zone else queries.calendar_settings(person_id).zone
    for stretch in hours:
        if not (1 <= stretch.weekday <= 7 and 0 <= stretch.begins < 1440 and 5 <= stretch.minutes <= 1440):
            raise Invalid(errors={"hours": _("A stretch of hours must be 5 minutes to 24 hours long.")})
    with _consequences(person_id, now, cancel_displaced, actor) as displaced:
        kept: dict[tuple[int, int, int, str], Rule] = {
            (rule.weekdays[0], rule.begins.hour * 60 + rule.begins.minute, rule.minutes, rule.zone): rule
            for rule in Rule.objects.of(person_id).filter(of_timetable=True, activated=True)
        }
        today = now.astimezone(ZoneInfo(zone)).date()
        for stretch in dict.fromkeys(hours):
            if kept.pop((stretch.weekday, stretch.begins, stretch.minutes, zone), None) is None:
                Rule.objects.create(
                    person_id=person_id,
                    frequency=Frequency.WEEKLY,
                    weekdays=[stretch.weekday],
                    starts_on=today,
                    begins=time(*divmod(stretch.begins, 60)),
                    minutes=stretch.minutes,
                    zone=zone,
                    of_timetable=True,
                    created_at=now,
                )
        Rule.objects.filter(pk__in=[rule.pk for rule in kept.values()]).update(deleted_at=now)
        _refuse_overlap(person_id, now)
    return displaced


@transaction.atomic
def save_rule(
    *,
    person_id: UUID,
    begins: time,
    minutes: int,
    starts_on: date,
    frequency: str = Frequency.WEEKLY,
    interval: int = 1,
    weekdays: Sequence[int] = (),
    month_day: int | None = None,
    ends_on: date | None = None,
    zone: str = "",
    title: str = "",
    activated: bool = True,
    rule_id: UUID | None = None,
    cancel_displaced: bool = False,
    actor: Any = None,
    now: datetime | None = None,
) -> Rule:
    """Add a rule, or change the one with `rule_id`. Weekdays and day of the month together mean days that are both; a
    weekly rule without weekdays means the weekday it starts on, a monthly one without either the day of the month it
    starts on (months without it are skipped). A draft (`activated=False`) opens nothing. Refuses `RulesOverlap`,
    `Invalid`, `NotFound`."""
    now = now or clock.now()
    zone = check_zone(zone) if zone else queries.calendar_settings(person_id).zone
    weekdays = sorted(set(weekdays))
    if frequency == Frequency.WEEKLY and not weekdays:
        weekdays = [starts_on.isoweekday()]
    if frequency == Frequency.MONTHLY and not weekdays and month_day is None:
        month_day = starts_on.day
    _check_rule(frequency, interval, weekdays, month_day, starts_on, ends_on, minutes)
    if not date(2000, 1, 1) <= starts_on <= (now + FURTHEST).date():
        raise Invalid(errors={"starts_on": _("Choose a day within the next five years.")})
    fields = {
        "begins": begins.replace(second=0, microsecond=0, tzinfo=None),
        "minutes": minutes,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "frequency": frequency,
        "interval": interval,
        "weekdays": weekdays,
        "month_day": month_day,
        "zone": zone,
        "title": _text(title, 120),
        "activated": activated,
        "of_timetable": False,
    }
    with _consequences(person_id, now, cancel_displaced, actor):
        if rule_id is None:
            rule = Rule.objects.create(person_id=person_id, created_at=now, **fields)
        else:
            rule = _own(Rule.objects.of(person_id), rule_id)
            for name, value in fields.items():
                setattr(rule, name, value)
            rule.save(update_fields=list(fields))
        _refuse_overlap(person_id, now)
    return rule


@transaction.atomic
def delete_rule(
    *, person_id: UUID, rule_id: UUID, cancel_displaced: bool = False, actor: Any = None, now: datetime | None = None
) -> list[Misfit]:
    """Take a rule away; the reservations that no longer fit. Refuses `NotFound`."""
    now = now or clock.now()
    with _consequences(person_id, now, cancel_displaced, actor) as displaced:
        rule = _own(Rule.objects.of(person_id), rule_id)
        rule.deleted_at = now
        rule.save(update_fields=["deleted_at"])
    return displaced


@transaction.atomic
def add_opening(
    *,
    person_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    title: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> Opening:
    """Open a time once. It may lie beside or over weekly hours. Refuses `OpeningOverlaps`, `Invalid`."""
    now = now or clock.now()
    _check_span(starts_at, ends_at, now, longest=timedelta(days=1))
    with _consequences(person_id, now, False, actor):
        if Opening.objects.filter(person=person_id, during__overlap=(starts_at, ends_at)).exists():
            raise OpeningOverlaps()
        return Opening.objects.create(person_id=person_id, during=(starts_at, ends_at), title=_text(title, 120))


@transaction.atomic
def remove_opening(
    *, person_id: UUID, opening_id: UUID, cancel_displaced: bool = False, actor: Any = None, now: datetime | None = None
) -> list[Misfit]:
    """Take a one-off opening away; the reservations that no longer fit. Refuses `NotFound`."""
    now = now or clock.now()
    with _consequences(person_id, now, cancel_displaced, actor) as displaced:
        _own(Opening.objects.filter(person=person_id), opening_id).delete()
    return displaced


@transaction.atomic
def add_time_off(
    *,
    person_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    cancel_displaced: bool = False,
    actor: Any = None,
    now: datetime | None = None,
) -> list[Misfit]:
    """Close a time, for up to a year; what is reserved in it. Refuses `Invalid`."""
    now = now or clock.now()
    _check_span(starts_at, ends_at, now, longest=timedelta(days=366))
    with _consequences(person_id, now, cancel_displaced, actor, reason) as displaced:
        TimeOff.objects.create(person_id=person_id, during=(starts_at, ends_at), reason=_text(reason, 200))
    return displaced


@transaction.atomic
def remove_time_off(*, person_id: UUID, time_off_id: UUID, actor: Any = None, now: datetime | None = None) -> None:
    """Open the time again. Refuses `NotFound`."""
    with _consequences(person_id, now or clock.now(), False, actor):
        _own(TimeOff.objects.filter(person=person_id), time_off_id).delete()


def preview(change: Callable[[], Any], *, person_id: UUID, now: datetime | None = None) -> list[Misfit]:
    """The reservations that `change` (a call of one of the services here) would leave outside somebody's hours. The
    change is made and taken back, so what is shown is what would be; its refusals fly as they would."""
    now = now or clock.now()
    with transaction.atomic():
        before = {misfit.reservation_id for misfit in queries.misfits(person_id, now=now)}
        change()
        after = queries.misfits(person_id, now=now)
        transaction.set_rollback(True)
    return [misfit for misfit in after if misfit.reservation_id not in before]


@contextmanager
def _consequences(
    person_id: UUID, now: datetime, cancel_displaced: bool, actor: Any, reason: str = ""
) -> Iterator[list[Misfit]]:
    """Around a change of hours: one at a time per person; yields the list that will hold what no longer fits; then
    search hears of it."""
    lock(LOCKS, person_id)
    before = {misfit.reservation_id for misfit in queries.misfits(person_id, now=now)}
    displaced: list[Misfit] = []
    yield displaced
    displaced += [m for m in queries.misfits(person_id, now=now) if m.reservation_id not in before]
    if cancel_displaced:
        for misfit in displaced:
            publish(
                events.CancellationAsked(
                    misfit.reservation_id, misfit.kind, misfit.subject_id, getattr(actor, "id", person_id), reason
                )
            )
    free_time.renew_all_soon(person_id, now)


def _check_rule(
    frequency: str,
    interval: int,
    weekdays: Sequence[int],
    month_day: int | None,
    starts_on: date,
    ends_on: date | None,
    minutes: int,
) -> None:
    errors: dict[str, Any] = {}
    if frequency not in Frequency.values:
        errors["frequency"] = _("Choose daily, weekly or monthly.")
    if not 1 <= interval <= 99:
        errors["interval"] = _("Choose a number from 1 to 99.")
    if not 5 <= minutes <= 1440:
        errors["minutes"] = _("Choose 5 minutes to 24 hours.")
    if not set(weekdays) <= set(range(1, 8)):
        errors["weekdays"] = _("Choose among the seven weekdays.")
    if month_day is not None and not 1 <= month_day <= 31:
        errors["month_day"] = _("Choose a day from 1 to 31.")
    if ends_on is not None and ends_on < starts_on:
        errors["ends_on"] = _("The last day must not be before the first.")
    if errors:
        raise Invalid(errors=errors)


def _check_span(starts_at: datetime, ends_at: datetime, now: datetime, *, longest: timedelta) -> None:
    if not starts_at < ends_at <= starts_at + longest:
        days = longest.days
        raise Invalid(
            errors={"ends_at": _("The end must come after the beginning, within %(days)s days.") % {"days": days}}
        )
    if ends_at > now + FURTHEST:
        raise Invalid(errors={"ends_at": _("This is too far ahead.")})
    if ends_at <= now:
        raise Invalid(errors={"ends_at": _("This is over already.")})


def _text(text: str, length: int) -> str:
    return text.replace("\x00", "").strip()[:length]


def _own(rows: Any, row_id: UUID) -> Any:
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise NotFound()
    return row


# Rules on one wall are compared on that wall: a day of 23 hours makes no two whole-day rules contradict each other.
_OVERLAP = f"""
WITH {sql.OCCURRENCES},
wall AS (
    SELECT id, zone, day + begins AS begin, day + begins + minutes * interval '1 minute' AS until FROM dated
)
(SELECT other, begin::date FROM (
    SELECT begin, lag(until) OVER by_begin AS reached, lag(id) OVER by_begin AS other FROM wall
    WINDOW by_begin AS (PARTITION BY zone ORDER BY begin, until)
) AS beside WHERE begin < reached ORDER BY begin LIMIT 1)
UNION ALL
(SELECT a.rule_id, lower(b.during)::date FROM occurrence a JOIN rule ra ON ra.id = a.rule_id
 JOIN rule rb ON rb.zone > ra.zone JOIN occurrence b ON b.rule_id = rb.id AND b.during && a.during LIMIT 1)
LIMIT 1
"""


def _refuse_overlap(person_id: UUID, now: datetime) -> None:
    rules = list(Rule.objects.of(person_id).values_list("starts_on", "frequency", "interval", "zone"))
    if len(rules) > MOST_RULES:
        raise Invalid(errors={"hours": _("These are too many separate hours. Join some of them.")})
    patterns = {rule[1:] for rule in rules}
    alike = len(patterns) == 1 and all(pattern[:2] == (Frequency.WEEKLY, 1) for pattern in patterns)
    latest = max([now.date(), *(rule[0] for rule in rules)])
    ahead = now + (latest - now.date()) + (ONE_WEEK_AND_MORE if alike else LOOKED_AHEAD)
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAP, {"people": [person_id], "lo": now, "hi": ahead})
        row = cursor.fetchone()
    if row:
        raise RulesOverlap(rule=str(Rule.objects.get(pk=row[0])), day=date_format(row[1], "DATE_FORMAT"))
