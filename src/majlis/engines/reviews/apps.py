from majlis.kit.modules import ModuleConfig


class ReviewsConfig(ModuleConfig):
    name = "majlis.engines.reviews"
    label = "reviews"
    verbose_name = "Reviews"
