from django.utils.translation import gettext_lazy as _

from majlis.kit.modules import ModuleConfig


class AccountsConfig(ModuleConfig):
    name = "majlis.kernel.accounts"
    label = "accounts"
    verbose_name = _("People and access")
