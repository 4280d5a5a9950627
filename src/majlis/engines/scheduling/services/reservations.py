"""Taking, keeping, moving and giving back people's time.

Order of locks, the same everywhere: the advisory lock of each person involved (in one order), then reservations by id.
The exclusion constraint is the law; the look before it gives the friendly answer and sees holds that ran out.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.scheduling import events
from majlis.engines.scheduling.models import BusyTime, Reservation, ReservationChange
from majlis.engines.scheduling.services import free_time
from majlis.engines.scheduling.services.reservation_sql import ANSWERED, EXPIRED, RESERVE, TAKE, Answer
from majlis.engines.scheduling.types import LIVE, RESERVATION_MOVES, ReservationStatus
from majlis.kit import clock
from majlis.kit.db import lock, lock_numbers, prepared
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.events import publish
from majlis.kit.ids import new_id
from majlis.kit.state import promised

LOCKS = "scheduling.person"
LONGEST = timedelta(days=1)


class SlotTaken(Refusal):
    """One of the people has something else at this time. Facts: `person`, their id."""

    code = "slot_taken"
    sentence = _("This time has just been taken. Please choose another.")


class OutsideHours(Refusal):
    """The time is not inside the open hours it was to be booked in."""

    code = "outside_hours"
    sentence = _("This time is outside the hours in which bookings are possible.")


class OffGrid(Refusal):
    """The time does not begin where slots begin."""

    code = "off_grid"
    sentence = _("Bookings begin every %(grid)s minutes. Please choose one of the times offered.")


class TooSoon(Refusal):
    """Less than the minimum notice from now."""

    code = "too_soon"
    sentence = _("This is too soon: bookings need some notice. Please choose a later time.")


class TooFar(Refusal):
    """Beyond the horizon."""

    code = "too_far"
    sentence = _("This is too far ahead: the calendar is not open that far yet.")


class DayFull(Refusal):
    """The day has as many reservations as its owner wants."""

    code = "day_full"
    sentence = _("This day is full. Please choose another day.")


class HoldExpired(Refusal):
    """The hold ran out and its time went to somebody else (or was given back)."""

    code = "hold_expired"
    sentence = _("The time was not kept any longer and is gone. Please choose another.")


class AlreadyReserved(Refusal):
    """The same thing is reserved already, for another time or other people."""

    code = "already_reserved"
    sentence = _("This already has a time. Move it instead.")


REFUSALS: dict[str, type[Refusal]] = {
    refusal.code: refusal for refusal in (TooSoon, TooFar, OutsideHours, DayFull, AlreadyReserved)
}


def reserve(
    *,
    people: Sequence[UUID],
    starts_at: datetime,
    ends_at: datetime,
    kind: str,
    subject_id: UUID,
    title: str = "",
    held_until: datetime | None = None,
    hours_of: UUID | None = None,
    actor: Any = None,
    now: datetime | None = None,
) -> UUID:
    """Take `[starts_at, ends_at)` of all `people` at once, each with their own buffers; the reservation's id.

    With `held_until` it is a hold: it lapses then unless confirmed. With `hours_of` (one of the people) the time must
    lie in that person's open hours, on their grid, after their notice, in their horizon, on a day below their limit.
    Once per `kind` and `subject_id`: the same call again returns the same id. Refuses `SlotTaken`, `OutsideHours`,
    `OffGrid`, `TooSoon`, `TooFar`, `DayFull`, `AlreadyReserved`, `Invalid`.

    One statement, so atomic without a transaction around it, and one round trip where the caller has none open. Search
    hears of it with the next job that wakes the worker, or within the second."""
    now = now or clock.now()
    people = list(dict.fromkeys(people))
    _check_times(people, starts_at, ends_at, hours_of)
    space, locks = lock_numbers(LOCKS, *people, subject_id)
    first_day, last_day = free_time.days_touched(starts_at, ends_at)
    given = {
        "space": space,
        "locks": locks,
        "id": new_id(),
        "people": people,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "held_until": held_until,
        "hours_of": hours_of,
        "kind": kind,
        "subject_id": subject_id,
        "title": title[:200],
        "actor": getattr(actor, "id", None),
        "now": now,
        "first_day": first_day,
        "last_day": last_day,
    }
    answer = _ask(RESERVE, given)
    if answer.outcome == EXPIRED:
        with transaction.atomic():
            lock(LOCKS, *people, subject_id)
            answer = _ask_lapsing(RESERVE, given, now)
    return answer.reservation_id


@transaction.atomic
def confirm(*, reservation_id: UUID, actor: Any = None, now: datetime | None = None) -> None:
    """Make a hold final. A hold that ran out is still confirmed as long as nobody took its time; confirming twice does
    nothing. Refuses `HoldExpired` when the time is gone or was given back, `NotFound`."""
    now = now or clock.now()
    reservation, people = _locked(reservation_id)
    if reservation.status == ReservationStatus.CONFIRMED:
        return
    if reservation.status == ReservationStatus.FREED:
        raise HoldExpired()
    retaken = reservation.status == ReservationStatus.LAPSED
    if retaken:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT 1 FROM scheduling_busytime mine JOIN scheduling_busytime other
                       ON other.person_id = mine.person_id AND other.blocks AND other.during && mine.during
                   WHERE mine.reservation_id = %s AND (other.held_until IS NULL OR other.held_until > %s) LIMIT 1""",
                [reservation_id, now],
            )
            if cursor.fetchone():
                raise HoldExpired()
        spans = list(reservation.shares.values_list("person_id", "during"))
        for person_id, during in spans:
            _lapse_expired([person_id], during.lower, during.upper, now)
    _step(reservation, ReservationStatus.CONFIRMED, now, actor, held_until=None)
    BusyTime.objects.filter(reservation=reservation).update(blocks=True, held_until=None)
    if retaken:
        free_time.renew_soon(free_time.keepers(people), reservation.starts_at, reservation.ends_at)


@transaction.atomic
def free(*, reservation_id: UUID, reason: str = "", actor: Any = None, now: datetime | None = None) -> None:
    """Give the time back to everybody and announce it. Freeing what is not taken does nothing. Refuses `NotFound`."""
    now = now or clock.now()
    reservation, people = _locked(reservation_id)
    if reservation.status == ReservationStatus.FREED:
        return
    was_live = reservation.status in LIVE
    _step(reservation, ReservationStatus.FREED, now, actor, reason=reason, version=reservation.version + 1)
    BusyTime.objects.filter(reservation=reservation).update(blocks=False, held_until=None)
    if was_live:
        _announce_freed(people, reservation.starts_at, reservation.ends_at)


@transaction.atomic
def move(
    *,
    reservation_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    hours_of: UUID | None = None,
    reason: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> None:
    """Give a live reservation another time, for all its people at once; its own old time is not in its way. Refuses
    like `reserve`, and leaves it where it was; `HoldExpired` when it is not live any more."""
    now = now or clock.now()
    reservation, people = _locked(reservation_id)
    if reservation.status not in LIVE:
        raise HoldExpired()
    old = reservation.starts_at, reservation.ends_at
    if old == (starts_at, ends_at):
        return
    _check_times(people, starts_at, ends_at, hours_of)
    # Its rows are replaced, so that the constraint answers with "no row" as it does for a new one.
    BusyTime.objects.filter(reservation_id=reservation_id).delete()
    given = {
        "id": reservation_id,
        "people": people,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "held_until": reservation.held_until,
        "hours_of": hours_of,
        "now": now,
    }
    _ask_lapsing(TAKE, given, now)
    if hours_of is not None:
        reservation.hours_of_id = hours_of
    reservation.starts_at, reservation.ends_at = starts_at, ends_at
    _record(reservation, reservation.status, now, actor, reason=reason, version=reservation.version + 1)
    _announce_freed(people, *old)
    free_time.renew_soon(free_time.keepers(people), starts_at, ends_at)


@transaction.atomic
def extend_hold(*, reservation_id: UUID, held_until: datetime, now: datetime | None = None) -> None:
    """Keep a hold longer; never shorter than it was. Refuses `HoldExpired` when it is no running hold any more."""
    now = now or clock.now()
    reservation, _people = _locked(reservation_id)
    if reservation.status == ReservationStatus.CONFIRMED:
        return
    if reservation.status != ReservationStatus.HELD or promised(reservation.held_until) <= now:
        raise HoldExpired()
    if held_until > promised(reservation.held_until):
        Reservation.objects.filter(pk=reservation_id).update(held_until=held_until)
        BusyTime.objects.filter(reservation_id=reservation_id).update(held_until=held_until)


@transaction.atomic
def sweep_holds(*, now: datetime | None = None, limit: int = 500) -> int:
    """Lapse holds that ran out, oldest first, and announce each; how many. Skips what others are working on."""
    now = now or clock.now()
    expired = (
        Reservation.objects.select_for_update(skip_locked=True)
        .filter(status=ReservationStatus.HELD, held_until__lte=now)
        .order_by("held_until")[:limit]
    )
    return _lapse(list(expired), now)


def _check_times(people: Sequence[UUID], starts_at: datetime, ends_at: datetime, hours_of: UUID | None) -> None:
    if not people:
        raise Invalid(errors={"people": _("Say whose time it is.")})
    if hours_of is not None and hours_of not in people:
        raise Invalid(errors={"people": _("The person whose hours are booked must take part.")})
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Invalid(errors={"ends_at": _("The end must come after the beginning, within a day.")})


def _ask(statement: str, given: dict[str, Any]) -> Answer:
    """What `scheduling_reserve` or `scheduling_take` answers, or its refusal."""
    answer = Answer(*prepared(statement, given)[0])
    if answer.outcome in ANSWERED:
        return answer
    if answer.outcome == "slot_taken":
        raise SlotTaken(person=answer.whose)
    if answer.outcome == "off_grid":
        raise OffGrid(grid=answer.grid)
    raise REFUSALS[answer.outcome]()


def _ask_lapsing(statement: str, given: dict[str, Any], now: datetime) -> Answer:
    """The same, after the holds in the way that ran out were lapsed: their makers hear of that."""
    while (answer := _ask(statement, given)).outcome == EXPIRED:
        _lapse(
            list(Reservation.objects.select_for_update().filter(pk__in=promised(answer.expired)).order_by("id")), now
        )
    return answer


def _locked(reservation_id: UUID) -> tuple[Reservation, list[UUID]]:
    """The reservation, locked after its people."""
    people = list(BusyTime.objects.filter(reservation_id=reservation_id).values_list("person_id", flat=True))
    lock(LOCKS, *people)
    reservation = Reservation.objects.select_for_update().filter(pk=reservation_id).first()
    if reservation is None:
        raise NotFound()
    return reservation, people


def _step(
    reservation: Reservation, target: ReservationStatus, now: datetime, actor: Any, *, reason: str = "", **fields: Any
) -> None:
    """The one place where a reservation changes its state."""
    RESERVATION_MOVES.check(reservation.status, target)
    _record(reservation, target, now, actor, reason=reason, **fields)


def _record(
    reservation: Reservation, target: str, now: datetime, actor: Any, *, reason: str = "", **fields: Any
) -> None:
    source, reservation.status = reservation.status, target
    for name, value in fields.items():
        setattr(reservation, name, value)
    reservation.changed_at = now
    reservation.save(
        update_fields=["status", "changed_at", "starts_at", "ends_at", "hours_of", "version", "held_until"]
    )
    ReservationChange.objects.create(
        reservation=reservation,
        version=reservation.version,
        source=source,
        target=target,
        starts_at=reservation.starts_at,
        ends_at=reservation.ends_at,
        actor=actor,
        reason=reason[:120],
        at=now,
    )


def _lapse_expired(people: Sequence[UUID], starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    expired = BusyTime.objects.filter(
        person_id__in=people, blocks=True, held_until__lte=now, during__overlap=(starts_at, ends_at)
    ).values_list("reservation_id", flat=True)
    _lapse(list(Reservation.objects.select_for_update().filter(pk__in=list(expired)).order_by("id")), now)


def _lapse(expired: Iterable[Reservation], now: datetime) -> int:
    """Lapse those of these locked reservations that are still holds past their end."""
    count = 0
    for reservation in expired:
        if reservation.status != ReservationStatus.HELD or promised(reservation.held_until) > now:
            continue
        _step(reservation, ReservationStatus.LAPSED, now, None, version=reservation.version + 1)
        shares = BusyTime.objects.filter(reservation=reservation)
        shares.update(blocks=False, held_until=None)
        publish(events.HoldLapsed(reservation.id, reservation.kind, reservation.subject_id))
        _announce_freed(list(shares.values_list("person_id", flat=True)), reservation.starts_at, reservation.ends_at)
        count += 1
    return count


def _announce_freed(people: Sequence[UUID], starts_at: datetime, ends_at: datetime) -> None:
    publish(events.TimeFreed(tuple(people), starts_at, ends_at))
    free_time.renew_soon(free_time.keepers(people), starts_at, ends_at)
