"""What billing does when it hears of something."""

from majlis.engines.billing import services
from majlis.kernel.accounts.events import AddressProved
from majlis.kernel.accounts.queries import person
from majlis.kit.events import subscribe


@subscribe(AddressProved)
def on_address_proved(event: AddressProved) -> None:
    """Who had a free trial is known again by the new address too."""
    services.keep_trials_known(person(event.person_id))
