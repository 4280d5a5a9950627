"""Forms of the pages."""

from django import forms

from majlis.kit.errors import Invalid


def mark(form: forms.Form, refusal: Invalid) -> None:
    """Show a service's sentences at the fields of the form they belong to; the others above it."""
    for field, sentence in refusal.errors.items():
        form.add_error(field if field in form.fields else None, sentence)
    if not refusal.errors:
        form.add_error(None, str(refusal))
