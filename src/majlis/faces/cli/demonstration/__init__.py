"""The demonstration: a small company's first months, made by the services themselves.

Nothing is written past them, so the ledger and the calendar audit clean. The same edition gives the same people.
"""

from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Any

from majlis.faces.cli.demonstration import crew, history, media, members, selling, subscribers, teachers
from majlis.faces.cli.demonstration.members import PASSWORD, ROLES
from majlis.kernel.catalogue import services as catalogue
from majlis.kernel.notices import services as notices
from majlis.kit import clock, jobs
from majlis.kit.edition import edition

ACCOUNTS = [{"role": role.role, "email": role.email, "password": PASSWORD} for role in ROLES]
"""One account per role, as `./majlis up` prints them."""

SIZES = {"experts": 300, "members": 1000, "weeks": 10, "lessons_per_week": 13}
"""How large a demonstration is, unless the edition's `[demonstration]` says otherwise."""


TEACHERS_AT_ONCE, MEMBERS_AT_ONCE = 6, 50
NEWS = ("kit.deliver_event",)
ROWS = ("billing.work_on_webhook", "scheduling.renew_free_time")
"""What the story leaves in the queue: news, in its order (an answer counts after its question); payments already taken
and search rows. Worked off here: the first visitor need not share the machine with it. Its mails nobody waits for."""


def load(progress: Any, **sizes: int) -> None:
    """Make the people, their hours, and their past and coming lessons. `progress(done, of, what)` is called as it
    goes; `sizes` overrides `SIZES`.

    The people the story is about are made first; it already runs while the others are being made."""
    size: dict[str, int] = {**SIZES, **edition().demonstration, **sizes}
    now = clock.now()
    began = now - timedelta(weeks=size["weeks"])
    # Teachers take most of the time, then the weeks; the bar follows.
    whole = size["experts"] * 3 + size["members"] + size["weeks"] * size["lessons_per_week"] * 3
    done, one_at_a_time = 0, Lock()

    def advance(steps: int, what: str) -> None:
        nonlocal done
        with one_at_a_time:
            done += steps
            progress(min(done, whole), whole, what)

    catalogue.load_base_catalogue()
    experts, asked = teachers.everyone(size["experts"]), members.everyone(size["members"])
    busy, regular = max(20, len(experts) * 2 // 5), max(20, len(asked) // 4)
    with crew.unhurried_disk(), crew.Crew(began) as hands:
        hands.do([None], 1, members.make_office, lambda _count: None)
        known = hands.do([None], 1, members.make_known, lambda _count: None)
        videos = media.intro_videos()

        def engage(some: list[Any]) -> Any:
            return hands.do(some, 6, teachers.make_teachers, lambda count: advance(count * 3, "teachers"), videos)

        def invite(some: list[Any]) -> Any:
            return hands.do(some, 50, members.make_members, lambda count: advance(count, "members"))

        taught, taken = engage(experts[:busy]), invite(asked[:regular])
        others = [engage(experts[busy:]), invite(asked[regular:])]
        students = [*known()[:1], *taken()]
        teachers_met = taught()
        rows = hands.all_do(jobs.run_due_jobs, ROWS)  # once the others are made
        dice, step = crew.dice_for("story"), partial(advance, 3, "lessons")
        history.live(teachers_met, students, size, dice, began, now, step, selling.begin)
        subscribers.subscribe_some(students, now)
        selling.finish(teachers_met, students, now)
        for made in (*others, rows):
            made()
        hands.all_do(jobs.run_due_jobs, ROWS)()
        jobs.run_due_jobs((*NEWS, *ROWS))
        notices.drop_waiting_mails(before=clock.now())
    progress(whole, whole, "done")
