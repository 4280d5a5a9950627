from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.urls")),
    # For apps that sign people in themselves: https://docs.allauth.org/en/latest/headless/
    path("api/auth/", include("allauth.headless.urls")),
]
