"""The tables of lessons, one file per noun."""

from majlis.products.lessons.models.lessons import (
    Dispute,
    Lesson,
    LessonSet,
    ProgressLog,
    RescheduleRequest,
    Series,
    Statement,
    StatusChange,
    Verdict,
    WaitlistEntry,
)
from majlis.products.lessons.models.packages import Package, PackagePurchase

__all__ = [
    "Dispute",
    "Lesson",
    "LessonSet",
    "Package",
    "PackagePurchase",
    "ProgressLog",
    "RescheduleRequest",
    "Series",
    "Statement",
    "StatusChange",
    "Verdict",
    "WaitlistEntry",
]
