"""The office: what every back-office page stands on.

    from majlis.faces.backoffice.site import ReadOnlyAdmin, office, service_action

    @admin.register(Lesson, site=office)
    class LessonPage(ReadOnlyAdmin):
        view_roles = (Role.SUPPORT, Role.ADMIN, Role.OWNER)
        list_display = ("id", "status")

        @service_action(_("Cancel the lesson"), roles=(Role.SUPPORT, Role.ADMIN, Role.OWNER), form=ReasonForm,
                        shown=lambda lesson: lesson.status == "confirmed",
                        consequence=lambda lesson: _("The student gets everything back."), danger=True)
        def cancel(self, request, lesson, data):
            services.cancel_lesson(actor=request.user, lesson_id=lesson.id, reason=data["reason"])

Rows are read, never edited: whoever wants something changed presses a button, and the button calls a service.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from majlis.faces.backoffice.field_names import call_fields, call_filters
from majlis.faces.backoffice.figures import Figure, Remark
from majlis.faces.backoffice.wording import NAMES
from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.types import STAFF_ROLES, Role
from majlis.kit.edition import edition
from majlis.kit.errors import Forbidden, Invalid, NotFound, Refusal
from majlis.kit.translated import in_language

BOSSES = (Role.ADMIN, Role.OWNER)


class OfficeOnly(Forbidden):
    """A member without a role of the office came to its door."""

    code = "office_only"
    sentence = _("This part of the house is for staff.")


class ReasonForm(forms.Form):
    """Asks why: what most acts of staff need."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        help_text=_("Kept in the audit trail. Where the person is told, this is what they read."),
    )


@dataclass(frozen=True)
class Act:
    """A button of an office page."""

    name: str
    label: Any
    run: Callable[..., Any]
    roles: tuple[str, ...]
    form: type[forms.Form] | None
    shown: Callable[[Any], bool]
    consequence: Callable[[Any], Any]
    initial: Callable[[Any], dict[str, Any]]
    danger: bool
    on_list: bool


def service_action(
    label: Any,
    *,
    roles: Iterable[str] = BOSSES,
    form: type[forms.Form] | None = None,
    shown: Callable[[Any], bool] = lambda row: True,
    consequence: Callable[[Any], Any] = lambda row: "",
    initial: Callable[[Any], dict[str, Any]] = lambda row: {},
    danger: bool = False,
    on_list: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Make a method of a `ReadOnlyAdmin` a button of its detail page (`on_list`: of its list).

    The method gets `(self, request, row, data)` (`row` None on a list; `data` the form's cleaned data) and calls a
    service with `actor=request.user`. What it returns, a sentence, is shown as success; a refusal it lets fly is shown
    as such, at its field where it has one. The button leads to a page that names the `consequence` and asks for
    `form`, which begins with what `initial` says of the row; only then is anything done. Each act ends in the audit
    trail: by the service, else by this helper.
    """

    def register(run: Callable[..., Any]) -> Any:
        run.act = Act(  # type: ignore[attr-defined]
            run.__name__, label, run, tuple(roles), form, shown, consequence, initial, danger, on_list
        )
        return run

    return register


Panel = Callable[[HttpRequest], Iterable[Figure | Remark]]


class OfficeSite(admin.AdminSite):
    """Django's admin as the house's office: its own door, its own dashboard."""

    site_title = _("Office")
    index_title = _("Good morning")
    index_template = "office/index.html"
    enable_nav_sidebar = True
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.panels: list[tuple[int, tuple[str, ...], Panel]] = []

    @property
    def site_header(self) -> str:  # type: ignore[override]
        return in_language(edition().name)

    def panel(self, *, order: int = 50, roles: Iterable[str] = tuple(STAFF_ROLES)) -> Callable[[Any], Any]:
        """`@office.panel(order=10, roles=(...)) def withdrawals(request) -> list[Figure]`: figures of the dashboard."""

        def register(figures: Any) -> Any:
            self.panels.append((order, tuple(roles), figures))
            return figures

        return register

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff; in production only those with two-step sign-in."""
        user: Any = request.user
        return user.is_active and user.is_staff and (not settings.OFFICE_NEEDS_TWO_STEP or is_mfa_enabled(user))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The same sign-in as everybody's; staff without a second step are led to set one up."""
        user: Any = request.user
        back = request.GET.get("next") or reverse("admin:index")
        if not user.is_authenticated:
            return redirect_to_login(back, settings.LOGIN_URL)
        if not user.is_staff:
            raise OfficeOnly
        if not self.has_permission(request):
            messages.warning(request, _("Staff need two-step sign-in. Set it up, then come back to the office."))
            return redirect("mfa_index")
        return HttpResponseRedirect(reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "palette": edition().palette, "languages": self.languages()}

    @staticmethod
    def languages() -> list[tuple[str, str]]:
        """The interface languages of this edition, each with its name in itself."""
        return [(code, label) for code, label in settings.LANGUAGES if code in edition().languages]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        person: Any = request.user
        told = [
            each
            for _order, roles, panel in sorted(self.panels, key=lambda p: p[0])
            if queries.has_role(person, *roles)
            for each in panel(request)
        ]
        figures = [each for each in told if isinstance(each, Figure)]
        parts = {
            "drawn": [figure for figure in figures if figure.points],
            "figures": [figure for figure in figures if not figure.points],
            "remarks": [each for each in told if isinstance(each, Remark)],
        }
        return super().index(request, {**(extra_context or {}), **parts})


office = OfficeSite()


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at, with buttons that call services. `view_roles` may see them (owners always do)."""

    view_roles: ClassVar[tuple[str, ...]] = BOSSES
    names: ClassVar[tuple[Any, Any] | None] = None
    """What one row and many are called, translatable: `(_("Lesson"), _("Lessons"))`."""
    labels: ClassVar[dict[str, Any]] = {}
    """What fields are called, translatable, where the house's words (`field_names`) do not fit: `{"created_at":
    _("Written")}`. One model's fields have one name on all pages."""
    change_form_template = "office/detail.html"
    change_list_template = "office/list.html"
    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    def __init__(self, model: Any, admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        if names := self.names or NAMES.get(self.opts.label_lower):
            self.opts.verbose_name, self.opts.verbose_name_plural = names
        call_fields(model, self.labels)
        call_filters(model, self.list_filter)

    def has_add_permission(self, request: HttpRequest, *rest: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        person: Any = request.user
        return queries.has_role(person, Role.OWNER, *self.view_roles)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    # Buttons -------------------------------------------------------------------------------------------------------

    def acts(self, request: HttpRequest, row: Any) -> list[Act]:
        """The buttons this person gets on this row (on the list, when `row` is None)."""
        person: Any = request.user
        found = [getattr(getattr(type(self), name), "act", None) for name in dir(type(self))]
        acts = [
            act
            for act in found
            if isinstance(act, Act)
            and act.on_list == (row is None)
            and queries.has_role(person, Role.OWNER, *act.roles)
            and (row is None or act.shown(row))
        ]
        return sorted(acts, key=lambda act: act.danger)  # the red ones last

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("act/<slug:act_name>/", view(partial(self.act_view, object_id=None)), name=f"{name}_list_act"),
            path("<path:object_id>/act/<slug:act_name>/", view(self.act_view), name=f"{name}_act"),
            *super().get_urls(),
        ]

    def act_view(self, request: HttpRequest, act_name: str, object_id: str | None) -> HttpResponse:
        """The page behind a button: what will happen, what must be said, and the doing of it."""
        row = self.get_object(request, object_id) if object_id else None
        if (object_id and row is None) or not self.has_view_permission(request, row):
            raise NotFound
        act = next((a for a in self.acts(request, row) if a.name == act_name), None)
        if act is None:
            raise Forbidden(_("This cannot be done here, or not any more, or not by you."))
        back = self.page_of(row)
        sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = act.form(sent[0], sent[1], initial=act.initial(row)) if act.form else None
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                said = self._carry_out(request, act, row, form.cleaned_data if form else {})
            except Refusal as refusal:
                if not (isinstance(refusal, Invalid) and form and _mark(form, refusal)):
                    messages.error(request, str(refusal))
                    return HttpResponseRedirect(back)
            else:
                messages.success(request, said or _("Done: %(act)s.") % {"act": act.label})
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": act.label,
            "act": act,
            "row": row,
            "consequence": act.consequence(row),
            "form": form,
            "back": back,
        }
        return TemplateResponse(request, "office/act.html", context, status=422 if form and form.errors else 200)

    def _carry_out(self, request: HttpRequest, act: Act, row: Any, data: dict[str, Any]) -> Any:
        person: Any = request.user
        before = queries.last_act_of(person)
        said = act.run(self, request, row, data)
        if queries.last_act_of(person) == before:
            target = f"{self.opts.app_label}.{self.opts.model_name}:{row.pk}" if row is not None else ""
            services.record_act(
                actor=person, action=f"office.{act.name}", target=target, reason=str(data.get("reason", ""))
            )
        return said

    def page_of(self, row: Any) -> str:
        """The office page of a row; of the list, when it is None."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{name}_change", args=[row.pk]) if row is not None else reverse(f"{name}_changelist")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        acts = self.acts(request, row) if row is not None else []
        title = str(row) if row is not None else ""
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "acts": acts, "title": title, "subtitle": None}
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(
            request, {**(extra_context or {}), "acts": self.acts(request, None), "title": title}
        )


class ReadOnlyRows(admin.TabularInline):
    """Rows that belong to another, to look at below it. A subclass says `model` and `fields`."""

    labels: ClassVar[dict[str, Any]] = {}
    """What fields are called, translatable, as a `ReadOnlyAdmin`'s."""
    extra = 0
    can_delete = False

    def __init__(self, parent_model: Any, admin_site: admin.AdminSite) -> None:
        super().__init__(parent_model, admin_site)
        call_fields(self.model, self.labels)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def link_to(row: Any, text: Any = None) -> Any:
    """A link to the office page of any row that has one, for `list_display` and details; the plain text otherwise."""
    if row is None:
        return "–"
    if type(row) not in office._registry:
        return str(text or row)
    return format_html('<a href="{}">{}</a>', office._registry[type(row)].page_of(row), text or row)  # type: ignore


def _mark(form: forms.Form, refusal: Invalid) -> bool:
    """Show the refusal's sentences at the form's fields; whether it had any."""
    for field, sentence in refusal.errors.items():
        form.add_error(field if field in form.fields else None, sentence)
    return bool(refusal.errors)
