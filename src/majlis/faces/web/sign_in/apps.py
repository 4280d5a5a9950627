"""Signing up from an app with pages of its own, through allauth's headless API."""

from typing import ClassVar

from allauth.headless.account.views import SignupView

from majlis.faces.web.sign_in.forms import AppSignUp


class SignUpView(SignupView):
    """Also takes somebody who has a telephone and no e-mail address, as the page does."""

    input_class: ClassVar = {"POST": AppSignUp}
