from majlis.kit.modules import ModuleConfig


class MessagingConfig(ModuleConfig):
    name = "majlis.engines.messaging"
    label = "messaging"
    verbose_name = "Messaging"
