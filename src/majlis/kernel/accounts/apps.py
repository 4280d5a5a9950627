from majlis.kit.modules import ModuleConfig


class AccountsConfig(ModuleConfig):
    name = "majlis.kernel.accounts"
    label = "accounts"
    verbose_name = "Accounts"
