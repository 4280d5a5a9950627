"""The office and the students of the demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from django.db import transaction

from majlis.faces.cli.demonstration.crew import dice_for
from majlis.faces.cli.demonstration.names import Somebody, people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kit.edition import edition

PASSWORD = "majlis-demo"  # noqa: S105 - a playground's, printed on the screen


@dataclass(frozen=True, slots=True)
class RoleAccount:
    """An account to sign in with."""

    role: str
    """What `up` prints."""
    email: str
    name: str
    roles: tuple[str, ...] = ()


ROLES = (
    RoleAccount("member (student)", "student@majlis.example", "Nadia Rahman"),
    RoleAccount("expert (teacher)", "teacher@majlis.example", "Salma Hassan"),
    RoleAccount("guardian", "guardian@majlis.example", "Huda Mansour"),
    RoleAccount("coordinator", "coordinator@majlis.example", "Tarek Osman", (Role.COORDINATOR,)),
    RoleAccount("support", "support@majlis.example", "Dewi Lestari", (Role.SUPPORT,)),
    RoleAccount("moderator", "moderator@majlis.example", "Omar Nagi", (Role.MODERATOR,)),
    RoleAccount("finance", "finance@majlis.example", "Mona Zaki", (Role.FINANCE,)),
    RoleAccount("admin", "admin@majlis.example", "Karim Fouad", (Role.ADMIN,)),
    RoleAccount("owner", "owner@majlis.example", "Laila El-Masry", (Role.OWNER,)),
)


@transaction.atomic
def make_office(_all: Any = None) -> list[Any]:
    """The people who work in the office."""
    return [
        accounts.enrol_person(actor=None, name=who.name, email=who.email, password=PASSWORD, roles=who.roles)
        for who in ROLES
        if who.roles
    ]


def make_known(_all: Any = None) -> list[Any]:
    """The student to sign in as, and a guardian."""
    student, guardian = ROLES[0], ROLES[2]
    return [
        accounts.enrol_person(
            actor=None, name=student.name, email=student.email, password=PASSWORD, currency=edition().currency
        ),
        accounts.enrol_person(actor=None, name=guardian.name, email=guardian.email, password=PASSWORD),
    ]


def everyone(count: int) -> list[tuple[int, Somebody]]:
    """`count` members but for the two known by name, with their numbers."""
    return list(enumerate(people(count - 2, dice_for("members")), start=1))


@transaction.atomic
def make_members(some: Sequence[tuple[int, Somebody]]) -> list[Any]:
    """These students."""
    return [make_member(number, who, dice_for(f"member {number}")) for number, who in some]


def make_member(number: int, who: Somebody, dice: Random) -> Any:
    """One student; they set a password when they first come."""
    languages = edition().languages
    return accounts.enrol_person(
        actor=None,
        name=who.name,
        email=f"member{number}@majlis.example",
        gender=who.gender,
        birth_date=date(dice.randint(1965, 2006), dice.randint(1, 12), dice.randint(1, 28)),
        language=who.origin.language if who.origin.language in languages else languages[0],
        zone=who.origin.zone,
        country=who.origin.country,
        city=dice.choice(who.origin.cities),
    )
