from majlis.kit.modules import ModuleConfig


class LedgerConfig(ModuleConfig):
    name = "majlis.kernel.ledger"
    label = "ledger"
    verbose_name = "Ledger"
