"""Who may do what."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.events import RoleChanged
from majlis.kernel.accounts.models import RoleGrant, User
from majlis.kernel.accounts.services.trail import record_act
from majlis.kernel.accounts.types import STAFF_ROLES, Role, UserStatus
from majlis.kit import events
from majlis.kit.db import lock
from majlis.kit.errors import Forbidden, Refusal


class CannotTouchRole(Forbidden):
    """Only admins give roles, and only owners those of admins and owners."""

    code = "cannot_touch_role"
    sentence = _("You may not give or take this role.")


class LastOwner(Refusal):
    """The house must not lose its last owner."""

    code = "last_owner"
    sentence = _("This is the only owner left. Make somebody else an owner first.")


def may_touch_role(actor: User, role: str) -> bool:
    """Whether `actor` may grant and take `role`: owners all, admins all but those of admins and owners."""
    if not actor.is_active:
        return False
    return Role.OWNER in actor.roles or (Role.ADMIN in actor.roles and role not in {Role.ADMIN, Role.OWNER})


@transaction.atomic
def grant_role(*, actor: User | None, person: User, role: str, reason: str = "") -> bool:
    """Give `person` a role (`types.Role`); whether they did not hold it before. `actor=None` is the house itself.
    Refuses `CannotTouchRole`."""
    role = Role(role)
    if actor is not None and not may_touch_role(actor, role):
        raise CannotTouchRole
    lock("roles", person.id)
    if role == Role.MEMBER or User.objects.get(id=person.id).status == UserStatus.ANONYMISED:
        raise CannotTouchRole
    _grant, new = RoleGrant.objects.get_or_create(person=person, role=role, defaults={"granted_by": actor})
    if new:
        _settle(actor, person, role, held=True, reason=reason)
    return new


@transaction.atomic
def revoke_role(*, actor: User | None, person: User, role: str, reason: str = "") -> bool:
    """Take a role; whether they held it. Refuses `CannotTouchRole`, `LastOwner`."""
    role = Role(role)
    if actor is not None and not may_touch_role(actor, role):
        raise CannotTouchRole
    lock("roles", person.id, *(["owners"] if role == Role.OWNER else []))
    if role == Role.OWNER and not RoleGrant.objects.filter(role=role).exclude(person=person).exists():
        raise LastOwner
    gone, _rows = RoleGrant.objects.filter(person=person, role=role).delete()
    if gone:
        _settle(actor, person, role, held=False, reason=reason)
    return bool(gone)


def _settle(actor: User | None, person: User, role: Role, *, held: bool, reason: str) -> None:
    person.forget_roles()
    person.is_staff = bool(person.roles & STAFF_ROLES)
    User.objects.filter(id=person.id).update(is_staff=person.is_staff)
    action = "role.granted" if held else "role.taken"
    record_act(actor=actor, action=action, target=f"accounts.user:{person.id}", facts={"role": role}, reason=reason)
    events.publish(RoleChanged(person_id=person.id, role=str(role), held=held))
