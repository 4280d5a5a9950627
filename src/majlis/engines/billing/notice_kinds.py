"""What billing tells people about their money."""

from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices import services
from majlis.kernel.notices.types import Category, Kind

_MONEY = Category.MONEY

services.register(
    Kind(
        "order_paid",
        _MONEY,
        _("Paid: %(amount)s"),
        _("Your order %(number)s is paid. The invoice is on its page."),
        essential=True,
    ),
    Kind(
        "payment_failed",
        _MONEY,
        _("The payment did not go through"),
        _("%(amount)s for order %(number)s was not taken. You can try again as long as the order is open."),
        urgent=True,
    ),
    Kind(
        "payment_needs_you",
        _MONEY,
        _("Your bank asks you to confirm a payment"),
        _("%(amount)s for order %(number)s could not be taken while you were away. Open the order and pay it there."),
        urgent=True,
        essential=True,
    ),
    Kind(
        "coins_seen",
        _MONEY,
        _("We see your %(coins)s"),
        _("They count after %(blocks)s blocks of the network. You need not wait on the page."),
    ),
    Kind(
        "payment_undone",
        _MONEY,
        _("%(amount)s did not arrive after all"),
        _("The network took your coins back: the payment was replaced by another. We took it off your wallet."),
        essential=True,
        urgent=True,
    ),
    Kind(
        "payment_undone_staff",
        _MONEY,
        _("A payment of %(amount)s was undone by its network"),
        _("Order: %(reference)s. Not found in the payer's wallet, so owed by them now: %(owed)s."),
        urgent=True,
    ),
    Kind("topped_up", _MONEY, _("%(amount)s is in your wallet"), _("Your top-up has arrived."), essential=True),
    Kind(
        "paid_too_late",
        _MONEY,
        _("%(amount)s arrived after your order had ended"),
        _("Order %(number)s had ended when the money came. It is in your wallet: use it or withdraw it."),
        essential=True,
    ),
    Kind(
        "paid_twice",
        _MONEY,
        _("You paid order %(number)s again"),
        _("The order was paid already. The second %(amount)s is in your wallet: use it or withdraw it."),
        essential=True,
    ),
    Kind(
        "paid_too_much",
        _MONEY,
        _("You paid more than needed"),
        _("%(amount)s arrived for order %(number)s. What was too much, %(spare)s, is in your wallet."),
        essential=True,
    ),
    Kind(
        "paid_in_part",
        _MONEY,
        _("%(missing)s is still missing"),
        _("%(amount)s arrived for order %(number)s and is kept for it. Pay the missing %(missing)s to finish."),
        urgent=True,
    ),
    Kind(
        "purchase_refunded",
        _MONEY,
        _("%(amount)s is back in your wallet"),
        _("For “%(title)s”. %(reason)s"),
        essential=True,
    ),
    Kind("money_earned", _MONEY, _("You earned %(amount)s"), _("For “%(title)s”. It is in your wallet.")),
    Kind(
        "earning_taken_back",
        _MONEY,
        _("%(amount)s of your earnings was taken back"),
        _("For “%(title)s”. %(reason)s"),
        essential=True,
    ),
    Kind(
        "earning_owed",
        _MONEY,
        _("%(amount)s of your earnings was taken back"),
        _("For “%(title)s”. %(reason)s Your wallet did not have %(owed)s of it: that comes off what you earn next."),
        essential=True,
    ),
    Kind(
        "debt_settled",
        _MONEY,
        _("%(amount)s went into what you owed"),
        _("%(left)s is still owed and comes off what you earn next."),
    ),
    Kind(
        "gift_redeemed",
        _MONEY,
        _("Your gift for %(name)s has been redeemed"),
        _("%(amount)s is in their wallet."),
    ),
    Kind(
        "refund_sent",
        _MONEY,
        _("%(amount)s is on its way back to you"),
        _("We sent it to where you paid from. Your bank may need a few days to show it."),
        essential=True,
    ),
    Kind(
        "refund_failed",
        _MONEY,
        _("%(amount)s could not be sent back"),
        _("Your bank or card did not take it, so it is in your wallet again. You can withdraw it from there."),
        essential=True,
    ),
    Kind(
        "payment_disputed",
        _MONEY,
        _("A payment of %(amount)s is contested"),
        _("The buyer's bank asks for it back. It is %(status)s. Send evidence on the provider's page (%(gateway)s)."),
        urgent=True,
    ),
    Kind(
        "money_differs",
        _MONEY,
        _("%(gateway)s and our books differ"),
        _("For %(day)s, %(count)s movements are told differently. The office lists them."),
        urgent=True,
    ),
    Kind(
        "transfer_rejected",
        _MONEY,
        _("We could not find your transfer"),
        _("Your transfer of %(amount)s was not confirmed: %(reason)s You can send another receipt."),
        urgent=True,
    ),
    Kind(
        "withdrawal_approved",
        _MONEY,
        _("Your withdrawal of %(amount)s is approved"),
        _("%(payout)s will be transferred to you. %(note)s"),
    ),
    Kind(
        "withdrawal_answered",
        _MONEY,
        _("About your withdrawal of %(amount)s"),
        _("Withdrawal %(number)s: %(status)s. %(note)s"),
    ),
    Kind(
        "withdrawal_paid",
        _MONEY,
        _("%(payout)s was transferred to you"),
        _("Withdrawal %(number)s is paid. %(note)s"),
        essential=True,
    ),
    Kind(
        "withdrawal_rejected",
        _MONEY,
        _("Your withdrawal was not accepted"),
        _("%(amount)s is back in your wallet. %(note)s"),
        essential=True,
    ),
    Kind(
        "tax_number_unknown",
        _MONEY,
        _("Your VAT number is not known"),
        _("The register does not know %(number)s. Until it does, your invoices carry VAT. Please check your details."),
    ),
)
