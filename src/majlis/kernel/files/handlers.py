"""What files does when it hears."""

from majlis.kernel.accounts.events import PersonAnonymised
from majlis.kernel.files import services
from majlis.kit import events


@events.subscribe(PersonAnonymised)
def on_person_anonymised(event: PersonAnonymised) -> None:
    """Their picture, video and documents go; what others need as evidence stays."""
    services.remove_personal_files(event.person_id)
