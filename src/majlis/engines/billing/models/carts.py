"""What somebody has put together and not ordered yet."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import Order
from majlis.kit.db import Record


class Cart(Record):
    """A person's cart. `version` counts its changes: an order is placed of one version, once."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=0)
    coupons = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    """The codes typed in."""

    class Meta:
        verbose_name, verbose_name_plural = _("cart"), _("carts")

    def __str__(self) -> str:
        return f"cart {self.version}"


class CartItem(Record):
    """One thing in a cart: what its product needs to know to offer it. It has no price: that is asked for anew each
    time. Ordered, it waits hidden: paid, it is deleted; if the order ends unpaid, it is in the cart again."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=32)
    choice = models.JSONField()
    """As the product's fulfiller understands it: `{"package": "<id>"}`."""
    title = models.CharField(max_length=300)
    """What it was called when it was put there."""
    fingerprint = models.CharField(max_length=64)
    """Of kind and choice: the same thing is in a cart once."""
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="cart_items")

    class Meta:
        verbose_name, verbose_name_plural = _("cart item"), _("cart items")
        constraints = [models.UniqueConstraint("cart", "fingerprint", name="thing_is_in_a_cart_once")]

    def __str__(self) -> str:
        return self.kind
