"""What people are told about lessons. `%(starts_at)s` and other instants are shown in the reader's zone."""

from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices.services import register
from majlis.kernel.notices.types import Category, Kind

for kind in (
    Kind(
        "lesson_booked",
        Category.LESSONS,
        _("Lesson with %(other)s booked"),
        _("%(subject)s, %(minutes)s minutes, on %(starts_at)s."),
    ),
    Kind(
        "lesson_reminder",
        Category.LESSONS,
        _("Lesson with %(other)s: %(starts_at)s"),
        _("%(subject)s, %(minutes)s minutes. Open the lesson page to prepare and to join."),
        urgent=True,
    ),
    Kind(
        "lesson_cancelled",
        Category.LESSONS,
        _("Lesson with %(other)s cancelled"),
        _("The %(subject)s lesson on %(starts_at)s will not take place. Open it to see what happens to the money."),
        urgent=True,
    ),
    Kind(
        "reschedule_asked",
        Category.LESSONS,
        _("%(other)s asks for another time"),
        _("The %(subject)s lesson on %(starts_at)s would move to %(new_starts_at)s. Please answer."),
        urgent=True,
    ),
    Kind(
        "reschedule_declined",
        Category.LESSONS,
        _("%(other)s prefers to keep the time"),
        _("The %(subject)s lesson stays on %(starts_at)s."),
    ),
    Kind(
        "reschedule_lapsed",
        Category.LESSONS,
        _("No answer about another time"),
        _("%(other)s has not answered in time, so the %(subject)s lesson stays on %(starts_at)s."),
    ),
    Kind(
        "lesson_moved",
        Category.LESSONS,
        _("Lesson with %(other)s moved"),
        _("The %(subject)s lesson is now on %(starts_at)s (it was on %(was_at)s)."),
        urgent=True,
    ),
    Kind(
        "lesson_completed",
        Category.LESSONS,
        _("How was the lesson with %(other)s?"),
        _("The %(subject)s lesson on %(starts_at)s is over. You can write about it, or report a problem."),
    ),
    Kind(
        "lesson_missed",
        Category.LESSONS,
        _("A lesson with %(other)s was missed"),
        _("Not everybody was there for the %(subject)s lesson on %(starts_at)s. If that is wrong, tell us."),
        urgent=True,
    ),
    Kind(
        "package_sold",
        Category.LESSONS,
        _("%(student)s bought a package of yours"),
        _("%(sessions)s sessions for %(amount)s. The money comes to you session by session."),
    ),
    Kind(
        "package_ends_soon",
        Category.LESSONS,
        _("Your package with %(teacher)s ends soon"),
        _("%(sessions)s sessions are not booked yet. Take them before %(expires_at)s."),
    ),
    Kind(
        "package_expired",
        Category.MONEY,
        _("The package with %(teacher)s is over"),
        _("%(sessions)s sessions were not taken in time. Open the package to see what happened to their money."),
        essential=True,
    ),
    Kind(
        "package_refunded",
        Category.MONEY,
        _("The rest of the package with %(teacher)s was given back"),
        _("%(sessions)s unused sessions, %(back)s back to the student."),
        essential=True,
    ),
    Kind(
        "goodwill_given",
        Category.MONEY,
        _("Something from us, because %(other)s did not come"),
        _("%(amount)s is in your wallet, on top of the price of the %(subject)s lesson on %(starts_at)s."),
    ),
    Kind(
        "dispute_opened",
        Category.LESSONS,
        _("%(other)s reported a problem"),
        _("About the %(subject)s lesson on %(starts_at)s: %(reason)s. Add your view; one of us decides."),
        urgent=True,
    ),
    Kind(
        "dispute_resolved",
        Category.LESSONS,
        _("The case about a lesson with %(other)s is decided"),
        _("Open the %(subject)s lesson on %(starts_at)s to read the decision."),
        urgent=True,
    ),
    Kind(
        "progress_written",
        Category.LESSONS,
        _("%(other)s wrote about your lesson"),
        _("What you did in the %(subject)s lesson on %(starts_at)s, the homework and what comes next."),
    ),
    Kind(
        "waitlist_offer",
        Category.LESSONS,
        _("A time with %(other)s is free for you"),
        _("%(starts_at)s is held for you until %(until)s."),
        urgent=True,
    ),
):
    register(kind)
