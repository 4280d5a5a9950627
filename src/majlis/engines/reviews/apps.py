from majlis.kit.modules import ModuleConfig


class ReviewsConfig(ModuleConfig):
    name = "majlis.engines.reviews"
    label = "reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        super().ready()
        from majlis.engines.reviews.notice_kinds import KINDS
        from majlis.kernel.notices import services as notices

        notices.register(*KINDS)
