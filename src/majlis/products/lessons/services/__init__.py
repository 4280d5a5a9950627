"""What lessons does."""

from majlis.products.lessons.services.attendance import close_lesson, close_lessons_that_ended
from majlis.products.lessons.services.booking import (
    book_lesson,
    confirm_lesson,
    payer_of,
    price_lesson,
)
from majlis.products.lessons.services.cancelling import cancel_lesson, preview_cancel
from majlis.products.lessons.services.disputes import add_statement, open_dispute, resolve_dispute
from majlis.products.lessons.services.lesson_orders import LessonFulfiller
from majlis.products.lessons.services.minutes import MinutesMissing, PlanNotPaidThen, minutes_left, preview_move
from majlis.products.lessons.services.package_orders import PackageFulfiller, policy_words, title_of
from majlis.products.lessons.services.packages import (
    NothingUnused,
    PackageDoesNotFit,
    PackageEnded,
    end_package,
    expire_packages,
    offer_package,
    preview_refund,
    refund_package,
    remind_of_packages,
    unused,
)
from majlis.products.lessons.services.progress import write_progress
from majlis.products.lessons.services.rescheduling import (
    answer_reschedule,
    lapse_reschedules,
    request_reschedule,
    withdraw_reschedule,
)
from majlis.products.lessons.services.settling import (
    coming_back,
    release_early,
    settle_due_lessons,
    settle_lesson,
    worth,
)
from majlis.products.lessons.services.waitlist import (
    accept_offer,
    join_waitlist,
    lapse_offers,
    leave_waitlist,
    offer_freed_time,
)
from majlis.products.lessons.services.weekly import book_weekly, preview_weekly, weekly_starts

__all__ = [
    "LessonFulfiller",
    "MinutesMissing",
    "NothingUnused",
    "PackageDoesNotFit",
    "PackageEnded",
    "PackageFulfiller",
    "PlanNotPaidThen",
    "accept_offer",
    "add_statement",
    "answer_reschedule",
    "book_lesson",
    "book_weekly",
    "cancel_lesson",
    "close_lesson",
    "close_lessons_that_ended",
    "coming_back",
    "confirm_lesson",
    "end_package",
    "expire_packages",
    "join_waitlist",
    "lapse_offers",
    "lapse_reschedules",
    "leave_waitlist",
    "minutes_left",
    "offer_freed_time",
    "offer_package",
    "open_dispute",
    "payer_of",
    "policy_words",
    "preview_cancel",
    "preview_move",
    "preview_refund",
    "preview_weekly",
    "price_lesson",
    "refund_package",
    "release_early",
    "remind_of_packages",
    "request_reschedule",
    "resolve_dispute",
    "settle_due_lessons",
    "settle_lesson",
    "title_of",
    "unused",
    "weekly_starts",
    "withdraw_reschedule",
    "worth",
    "write_progress",
]
