from majlis.kit.modules import ModuleConfig


class NoticesConfig(ModuleConfig):
    name = "majlis.kernel.notices"
    label = "notices"
    verbose_name = "Notices"
