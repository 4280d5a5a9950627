from majlis.kit.modules import ModuleConfig


class MessagingConfig(ModuleConfig):
    name = "majlis.engines.messaging"
    label = "messaging"
    verbose_name = "Messaging"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.messaging.notice_kinds import KINDS
        from majlis.kernel.notices import services as notices

        notices.register(*KINDS)
