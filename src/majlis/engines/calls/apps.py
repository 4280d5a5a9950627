from majlis.kit.modules import ModuleConfig


class CallsConfig(ModuleConfig):
    name = "majlis.engines.calls"
    label = "calls"
    verbose_name = "Calls"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.calls.notice_kinds import KINDS
        from majlis.kernel.notices import services as notices

        notices.register(*KINDS)
