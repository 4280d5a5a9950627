"""The calendar and everything that shapes it."""

from django.urls import path

from majlis.faces.web.views import calendar, calendar_setup, exceptions, hours

urlpatterns = [
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/feed/<str:token>.ics", calendar.feed, name="calendar_feed"),
    path("calendar/hours/", hours.hours, name="hours"),
    path("calendar/hours/rules/", hours.rule, name="calendar_rule_new"),
    path("calendar/hours/rules/<uuid:rule_id>/", hours.rule, name="calendar_rule"),
    path("calendar/hours/rules/<uuid:rule_id>/delete/", hours.delete_rule, name="calendar_rule_delete"),
    path("calendar/exceptions/", exceptions.exceptions, name="calendar_exceptions"),
    path("calendar/exceptions/time-off/", exceptions.add_time_off, name="time_off_add"),
    path("calendar/exceptions/time-off/<uuid:time_off_id>/", exceptions.remove_time_off, name="time_off_remove"),
    path("calendar/exceptions/openings/", exceptions.add_opening, name="opening_add"),
    path("calendar/exceptions/openings/<uuid:opening_id>/", exceptions.remove_opening, name="opening_remove"),
    path("calendar/settings/", calendar_setup.rules, name="calendar_settings"),
    path("calendar/connections/", calendar_setup.connections, name="calendar_connections"),
    path("calendar/connections/feed/", calendar_setup.feed, name="calendar_feed_link"),
    path("calendar/connections/<uuid:calendar_id>/", calendar_setup.connection, name="calendar_connection"),
]
