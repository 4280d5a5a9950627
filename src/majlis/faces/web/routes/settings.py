from django.urls import path
from django.views.generic import RedirectView

from majlis.faces.web.views import settings

urlpatterns = [
    path("settings/", RedirectView.as_view(pattern_name="settings_profile"), name="settings"),
    path("settings/profile/", settings.profile, name="settings_profile"),
    path("settings/profile/picture/", settings.picture, name="settings_picture"),
    path("settings/security/", settings.security, name="settings_security"),
    path("settings/security/sessions/<int:session_id>/", settings.end_session, name="settings_end_session"),
    path("settings/security/apps/<uuid:app_id>/", settings.end_app, name="settings_end_app"),
    path("settings/places/", settings.addresses, name="settings_addresses"),
    path("settings/places/<uuid:address_id>/", settings.address, name="settings_address"),
    path("settings/family/", settings.family, name="settings_family"),
    path("settings/family/<uuid:guardianship_id>/", settings.withdraw_consent, name="settings_withdraw_consent"),
    path("settings/tokens/", settings.tokens, name="settings_tokens"),
    path("settings/tokens/<uuid:key_id>/", settings.revoke_key, name="settings_revoke_key"),
    path("settings/privacy/", settings.privacy, name="settings_privacy"),
    path("settings/privacy/data/", settings.export, name="settings_export"),
    path("settings/privacy/delete/", settings.delete_account, name="settings_delete"),
]
