from majlis.kit.modules import ModuleConfig


class ExpertsConfig(ModuleConfig):
    name = "majlis.engines.experts"
    label = "experts"
    verbose_name = "Experts"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.experts.notice_kinds import KINDS
        from majlis.kernel.notices import services as notices

        notices.register(*KINDS)
