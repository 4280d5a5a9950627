"""The tables of billing, one file per noun."""

from majlis.engines.billing.models.allowances import AllowanceGrant, AllowanceUse
from majlis.engines.billing.models.carts import Cart, CartItem
from majlis.engines.billing.models.coins import CoinBlock, CoinCursor, CoinInvoice, CoinPayment, CoinRate
from majlis.engines.billing.models.coupons import Coupon, CouponDiscount, CouponUse
from majlis.engines.billing.models.gift_codes import GiftCode
from majlis.engines.billing.models.invoices import BillingDetails, Invoice, InvoiceLink, InvoiceSeries
from majlis.engines.billing.models.orders import CommissionRule, LinePart, Order, OrderLine, StateChange
from majlis.engines.billing.models.payments import (
    Charge,
    Payment,
    Refund,
    SandboxCharge,
    SandboxSession,
    Transfer,
    UndoneCharge,
    WebhookEvent,
)
from majlis.engines.billing.models.payouts import ClawBack, PayoutBatch
from majlis.engines.billing.models.plans import Plan, PlanBenefit, PlanInvite, PlanPrice, TrialClaim
from majlis.engines.billing.models.providers import DayCheck, Difference, Dispute, GatewayCustomer
from majlis.engines.billing.models.saved import SandboxCard, SavedMethod
from majlis.engines.billing.models.subscriptions import Subscription, SubscriptionPeriod
from majlis.engines.billing.models.withdrawals import Withdrawal, WithdrawalMethod

__all__ = [
    "AllowanceGrant",
    "AllowanceUse",
    "BillingDetails",
    "Cart",
    "CartItem",
    "Charge",
    "ClawBack",
    "CoinBlock",
    "CoinCursor",
    "CoinInvoice",
    "CoinPayment",
    "CoinRate",
    "CommissionRule",
    "Coupon",
    "CouponDiscount",
    "CouponUse",
    "DayCheck",
    "Difference",
    "Dispute",
    "GatewayCustomer",
    "GiftCode",
    "Invoice",
    "InvoiceLink",
    "InvoiceSeries",
    "LinePart",
    "Order",
    "OrderLine",
    "Payment",
    "PayoutBatch",
    "Plan",
    "PlanBenefit",
    "PlanInvite",
    "PlanPrice",
    "Refund",
    "SandboxCard",
    "SandboxCharge",
    "SandboxSession",
    "SavedMethod",
    "StateChange",
    "Subscription",
    "SubscriptionPeriod",
    "Transfer",
    "TrialClaim",
    "UndoneCharge",
    "WebhookEvent",
    "Withdrawal",
    "WithdrawalMethod",
]
