"""Payment providers of our own that speak the real ones' formats over real HTTP on this machine.

Each keeps its own books, demands the real proofs of who asks, and signs what it sends as the real one does. What they
do not know how to answer, they answer with 404, as the real ones would.
"""

from majlis.engines.billing.tests.providers.fawry import FawryDouble
from majlis.engines.billing.tests.providers.midtrans import MidtransDouble
from majlis.engines.billing.tests.providers.paymob import PaymobDouble
from majlis.engines.billing.tests.providers.paypal import PayPalDouble
from majlis.engines.billing.tests.providers.server import Double
from majlis.engines.billing.tests.providers.stripe import StripeDouble
from majlis.engines.billing.tests.providers.xendit import XenditDouble

DOUBLES: tuple[type[Double], ...] = (
    *(StripeDouble, PayPalDouble, MidtransDouble, XenditDouble, FawryDouble, PaymobDouble),
)

__all__ = ["DOUBLES", "Double"]
