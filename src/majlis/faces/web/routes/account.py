from allauth.headless.constants import Client
from django.urls import include, path

from majlis.faces.web.sign_in import apps
from majlis.faces.web.views import account

urlpatterns = [
    path("account/consent/<str:secret>/", account.consent, name="consent"),
    path("account/invitation/<str:secret>/", account.invitation, name="invitation"),
    path("sandbox/messages/", account.sandbox_messages, name="sandbox_messages"),
    path("account/", include("allauth.urls")),
    # For apps that sign people in themselves: https://docs.allauth.org/en/latest/headless/
    path("api/auth/app/v1/auth/signup", apps.SignUpView.as_api_view(client=Client.APP)),
    path("api/auth/browser/v1/auth/signup", apps.SignUpView.as_api_view(client=Client.BROWSER)),
    path("api/auth/", include("allauth.headless.urls")),
]
