"""The teachers of the demonstration: portrait, words, prices, video, hours."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.experts import services as experts
from majlis.engines.scheduling import services as scheduling
from majlis.engines.scheduling.types import Hours
from majlis.faces.cli.demonstration import media
from majlis.faces.cli.demonstration.crew import dice_for
from majlis.faces.cli.demonstration.members import PASSWORD, ROLES
from majlis.faces.cli.demonstration.names import ORIGINS, Somebody, people
from majlis.faces.cli.demonstration.portraits import portrait
from majlis.kernel.accounts import services as accounts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.files import services as files
from majlis.kit.edition import edition
from majlis.kit.money import Money

WORDS = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
MOTHER_TONGUES = {"ar": "arabic", "id": "indonesian", "fa": "persian", "de": "german", "en": "english"}
POPULAR = ("english", "english", "arabic", "mathematics", "quran-recitation", "physics", "programming", "conversation")
HOURLY_DOLLARS = (6, 8, 9, 10, 12, 12, 14, 15, 16, 18, 20, 22, 25, 30, 35)
DAYS = {1: 0.8, 2: 0.85, 3: 0.8, 4: 0.85, 5: 0.35, 6: 0.7, 7: 0.75}
"""How likely a teacher works on each ISO weekday."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A teacher as the history needs them."""

    person: Any
    subject_id: UUID
    level: str
    language: str


def everyone(count: int) -> list[tuple[int, Somebody]]:
    """`count` teachers with their numbers; the first is the one to sign in as."""
    salma = Somebody(ROLES[1].name, "female", ORIGINS[1])
    return list(enumerate([salma, *people(count - 1, dice_for("teachers"))]))


def make_teachers(some: Sequence[tuple[int, Somebody]], videos: list[bytes]) -> list[Teacher]:
    """These teachers, verified and with open hours."""
    return [make_teacher(number, who, dice_for(f"teacher {number}"), videos) for number, who in some]


@transaction.atomic
def make_teacher(number: int, who: Somebody, dice: Random, videos: list[bytes]) -> Teacher:
    """One teacher, from sign-up to the shelf."""
    house = edition()
    language = who.origin.language if who.origin.language in house.languages else house.languages[0]
    currency = who.origin.currency if who.origin.currency in house.currencies else house.currency
    person = accounts.enrol_person(
        actor=None,
        name=who.name,
        email=ROLES[1].email if number == 0 else f"teacher{number}@majlis.example",
        password=PASSWORD if number == 0 else None,
        gender=who.gender,
        birth_date=date(dice.randint(1962, 2000), dice.randint(1, 12), dice.randint(1, 28)),
        language=language,
        zone=who.origin.zone,
        country=who.origin.country,
        currency=currency,
        city=dice.choice(who.origin.cities),
    )
    picture = files.store_file(
        actor=person, content=portrait(who.name, who.gender), name="portrait.webp", purpose="avatar"
    )
    files.claim_file(file_id=picture.id, actor=person, by=f"accounts.user:{person.id}")
    accounts.set_avatar(person=person, file_id=picture.id)
    subject, level = _profile(person, who, language, currency, dice)
    if number % 3 == 0:
        video = files.store_file(
            actor=person, content=videos[number // 3 % len(videos)], name="hello.mp4", purpose="intro_video"
        )
        experts.set_video(actor=person, file_id=video.id)
    paper = files.store_file(actor=person, content=media.identity_paper(), name="identity.png", purpose="document")
    experts.add_document(actor=person, kind="identity", file_id=paper.id)
    experts.submit_profile(actor=person)
    experts.verify_profile(actor=None, expert_id=person.id)
    scheduling.change_calendar(
        person_id=person.id,
        zone=who.origin.zone,
        slot_grid=30,
        durations=(30, 60, 90),
        minimum_notice=dice.choice((60, 120, 360)),
        horizon_days=45,
    )
    scheduling.set_weekly_hours(person_id=person.id, hours=_hours(dice), zone=who.origin.zone)
    return Teacher(person, subject.id, level, language)


def _profile(person: Any, who: Somebody, language: str, currency: str, dice: Random) -> tuple[Any, str]:
    words = WORDS[language]
    tongue = MOTHER_TONGUES.get(who.origin.speaks)
    slugs = {s.slug for s in catalogue.subjects()}
    wanted = tongue if tongue and dice.random() < 0.4 else dice.choice(POPULAR) if dice.random() < 0.6 else None
    slug = wanted if wanted in slugs else dice.choice(sorted(slugs))
    subject = catalogue.subject(slug)
    years = dice.randint(3, 24)
    said = {"subject": subject.name.get(language) or subject.name["en"], "years": years}
    rate = catalogue.convert(Money(dice.choice(HOURLY_DOLLARS) * 100, "USD"), currency)
    round_to = {"IDR": 500_000}.get(currency, 500)
    hourly = max(rate.amount // round_to, 1) * round_to
    city = catalogue.city(person.city)
    experts.start_profile(actor=person)
    experts.save_profile(
        actor=person,
        headline=dice.choice(words["headlines"]).format(**said),
        bio=dice.choice(words["bios"]),
        about=dice.choice(words["abouts"]).format(**said),
        education=dice.choice(words["educations"]).format(city=city.name.get(language) or city.name["en"]),
        experience_years=years,
        modes=["online"] if dice.random() < 0.75 else ["online", "offline"],
        city=person.city,
        zone=who.origin.zone,
        currency=currency,
        hourly_rate=hourly,
        trial_price=0 if dice.random() < 0.2 else hourly // 4,
        trial_minutes=30,
    )
    levels = [x.slug for x in catalogue.levels_of(subject)]
    first = dice.randrange(max(1, len(levels) - 2))
    for level in levels[first : first + 3]:
        experts.add_subject(actor=person, subject_id=subject.id, level=level)
    if dice.random() < 0.5:
        second = catalogue.subject(dice.choice(sorted(slugs - {slug})))
        experts.add_subject(actor=person, subject_id=second.id, level=catalogue.levels_of(second)[0].slug)
    languages = {who.origin.speaks: "native"}
    if who.origin.speaks != "en":
        languages["en"] = dice.choice(("b1", "b2", "c1"))
    experts.save_languages(actor=person, languages=languages.items())
    return subject, levels[first]


def _hours(dice: Random) -> list[Hours]:
    """A working week: mornings, evenings or both, on most days."""
    kind = dice.choice(("morning", "evening", "evening", "both"))
    found = []
    for weekday, likely in DAYS.items():
        if dice.random() > likely:
            continue
        if kind in ("morning", "both"):
            found.append(Hours(weekday, dice.choice((8, 9, 10)) * 60, dice.choice((120, 180, 240))))
        if kind in ("evening", "both"):
            found.append(Hours(weekday, dice.choice((15, 16, 17)) * 60, dice.choice((180, 240, 300))))
    return found or [Hours(2, 16 * 60, 240), Hours(4, 16 * 60, 240)]
