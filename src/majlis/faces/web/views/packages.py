"""Packages of lessons: offered by a teacher, bought by a student, used session by session."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from majlis.engines.experts import queries as experts
from majlis.kit.errors import Invalid
from majlis.kit.money import parse_amount
from majlis.kit.translated import in_language
from majlis.products.lessons import queries, services


class PackageForm(forms.Form):
    """What a teacher offers."""

    subject = forms.ChoiceField(label=gettext_lazy("Subject"), required=False)
    sessions = forms.IntegerField(label=gettext_lazy("How many lessons"), min_value=2, max_value=100, initial=10)
    minutes = forms.IntegerField(label=gettext_lazy("Minutes of each"), min_value=5, max_value=480, initial=60)
    price = forms.CharField(label=gettext_lazy("Price of the whole package"), max_length=20)
    valid_days = forms.IntegerField(label=gettext_lazy("Days to take them in"), min_value=7, max_value=730, initial=90)

    def __init__(self, *args: Any, profile: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.profile = profile
        taught = {row.subject_id: in_language(row.subject.name) for row in profile.subjects.all() if row.active}
        choices = [("", _("Any of my subjects")), *((str(id), name) for id, name in taught.items())]
        self.fields["subject"].choices = choices  # type: ignore[attr-defined]

    def clean_price(self) -> Any:
        try:
            return parse_amount(self.cleaned_data["price"], self.profile.currency)
        except ValueError:
            raise forms.ValidationError(_("Write an amount, such as 12.50.")) from None


@login_required
@never_cache
def offered(request: HttpRequest) -> HttpResponse:
    """A teacher's packages, and a form for another."""
    teacher: Any = request.user
    profile = experts.expert(teacher.pk, seen_by=teacher)
    form = PackageForm(request.POST or None, profile=profile)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.offer_package(
                actor=request.user,
                sessions=said["sessions"],
                minutes=said["minutes"],
                price=said["price"],
                valid_days=said["valid_days"],
                subject_id=UUID(said["subject"]) if said["subject"] else None,
            )
        except Invalid as refusal:
            for name, sentence in refusal.errors.items():
                form.add_error(name if name in form.fields else None, str(sentence))
        else:
            messages.success(request, _("Your package is offered on your page from now on."))
            return redirect("packages_offered")
    rows = [(each, services.title_of(each)) for each in queries.packages_of(profile.person_id)]
    context = {"form": form, "rows": rows, "profile": profile}
    return render(request, "lessons/packages_offered.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end(request: HttpRequest, package_id: UUID) -> HttpResponse:
    """Offer it no more."""
    services.end_package(actor=request.user, package_id=package_id)
    messages.success(request, _("It is not offered any more. Who bought it keeps it."))
    return redirect("packages_offered")


@login_required
@never_cache
@require_GET
def bought(request: HttpRequest) -> HttpResponse:
    """The packages a person bought or sold, each with what is left."""
    page = queries.purchases_of(request.user, request.GET.get("cursor"))
    rows = [(each, services.title_of(each.package), queries.sessions_left(each)) for each in page.items]
    return render(request, "lessons/packages.html", {"rows": rows, "page": page})


@login_required
@never_cache
@require_GET
def purchase(request: HttpRequest, purchase_id: UUID) -> HttpResponse:
    """One package: what is left, its lessons, and what giving the rest back would return."""
    return render(request, "lessons/package.html", _facts(request, purchase_id))


def _facts(request: HttpRequest, purchase_id: UUID) -> dict[str, Any]:
    found = queries.purchase(purchase_id, seen_by=request.user)
    mine = found.student_id == request.user.pk
    try:
        refund = services.preview_refund(found) if mine else None
    except (services.PackageEnded, services.NothingUnused):
        refund = None
    return {
        "purchase": found,
        "package": found.package,
        "title": services.title_of(found.package),
        "teacher": experts.expert(found.package.teacher_id, seen_by=None),
        "mine": mine,
        "left": queries.sessions_left(found),
        "lessons": queries.lessons_in(found),
        "refund": refund,
        "words": services.policy_words(found),
    }


@login_required
@require_POST
def refund(request: HttpRequest, purchase_id: UUID) -> HttpResponse:
    """Give back what is unused: exactly what the page showed."""
    shown = request.POST.get("shown", "")
    told = services.refund_package(
        actor=request.user, purchase_id=purchase_id, shown_amount=int(shown) if shown.isdecimal() else None
    )
    messages.success(request, _("%(amount)s is in your wallet.") % {"amount": told.back.display()})
    return redirect("package", purchase_id=purchase_id)
