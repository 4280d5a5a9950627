from django.urls import path

from majlis.faces.web.views import booking, dashboard, lesson_changes, lessons, waitlist

urlpatterns = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("students/", dashboard.students, name="students"),
    path("teachers/<name:slug>/book/", booking.book, name="book"),
    path("teachers/<name:slug>/book/weeks/", booking.weeks_report, name="book_weeks"),
    path("teachers/<name:slug>/waitlist/", waitlist.join, name="join_waitlist"),
    path("lessons/", lessons.index, name="lessons"),
    path("lessons/waitlist/<uuid:entry_id>/", waitlist.entry, name="waitlist_entry"),
    path("lessons/waitlist/<uuid:entry_id>/accept/", waitlist.accept, name="accept_offer"),
    path("lessons/waitlist/<uuid:entry_id>/leave/", waitlist.leave, name="leave_waitlist"),
    path("lessons/<uuid:lesson_id>/", lessons.show, name="lesson"),
    path("lessons/<uuid:lesson_id>/call/", lessons.call, name="call"),
    path("lessons/<uuid:lesson_id>/progress/", lessons.progress, name="lesson_progress"),
    path("lessons/<uuid:lesson_id>/cancel/", lesson_changes.cancel, name="cancel_lesson"),
    path("lessons/<uuid:lesson_id>/move/", lesson_changes.move, name="move_lesson"),
    path("lessons/moves/<uuid:request_id>/answer/", lesson_changes.answer_move, name="answer_move"),
    path("lessons/moves/<uuid:request_id>/withdraw/", lesson_changes.withdraw_move, name="withdraw_move"),
    path("lessons/<uuid:lesson_id>/release/", lesson_changes.release, name="release_lesson"),
    path("lessons/<uuid:lesson_id>/dispute/", lesson_changes.dispute, name="dispute_lesson"),
    path("lessons/disputes/<uuid:dispute_id>/statement/", lesson_changes.statement, name="dispute_statement"),
]
