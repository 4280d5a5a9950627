"""Plausible names for the demonstration, by origin and gender. Any likeness to a real person is chance."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody of the demonstration comes from, and what follows from it."""

    code: str
    country: str
    zone: str
    cities: tuple[str, ...]
    """Slugs of the catalogue."""
    language: str
    """Interface language of its people."""
    speaks: str
    """Mother tongue (ISO 639-1)."""
    currency: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    script: str = "latin"


ORIGINS = (
    Origin(
        "egypt",
        "EG",
        "Africa/Cairo",
        ("cairo", "alexandria", "giza", "aswan"),
        "ar",
        "ar",
        "EGP",
        ("سلمى", "نور", "مريم", "هدى", "ياسمين", "دينا", "رانيا", "فاطمة", "آية", "منى", "إيمان", "شيماء"),
        ("أحمد", "محمود", "كريم", "عمر", "يوسف", "طارق", "حسن", "مصطفى", "خالد", "إبراهيم", "سامح", "وائل"),
        ("حسن", "عبد الرحمن", "المصري", "الشريف", "فؤاد", "منصور", "الجندي", "سالم", "زكي", "رشدي", "عثمان", "بدوي"),
        "arabic",
    ),
    Origin(
        "egypt_latin",
        "EG",
        "Africa/Cairo",
        ("cairo", "alexandria", "giza"),
        "en",
        "ar",
        "EGP",
        ("Salma", "Nour", "Mariam", "Hoda", "Yasmin", "Dina", "Rania", "Farida", "Aya", "Mona", "Laila", "Habiba"),
        (
            "Ahmed",
            "Mahmoud",
            "Karim",
            "Omar",
            "Youssef",
            "Tarek",
            "Hassan",
            "Mostafa",
            "Khaled",
            "Seif",
            "Adham",
            "Ziad",
        ),
        ("Hassan", "Abdelrahman", "El-Masry", "Sherif", "Fouad", "Mansour", "Gendy", "Salem", "Zaki", "Osman", "Nagi"),
    ),
    Origin(
        "gulf",
        "SA",
        "Asia/Riyadh",
        ("riyadh", "jeddah"),
        "ar",
        "ar",
        "SAR",
        ("نورة", "سارة", "لمى", "ريم", "هيفاء", "العنود", "جواهر", "شهد"),
        ("عبدالله", "فهد", "سلطان", "ناصر", "تركي", "بندر", "ماجد", "سعود"),
        ("القحطاني", "الحربي", "العتيبي", "الغامدي", "الزهراني", "الشمري", "الدوسري", "المطيري"),
        "arabic",
    ),
    Origin(
        "indonesia",
        "ID",
        "Asia/Jakarta",
        ("jakarta", "bandung", "surabaya", "yogyakarta"),
        "id",
        "id",
        "IDR",
        ("Dewi", "Siti", "Ayu", "Putri", "Rina", "Fitri", "Wulan", "Indah", "Ratna", "Nadia", "Kartika", "Melati"),
        ("Budi", "Agus", "Rizky", "Dimas", "Bayu", "Hendra", "Fajar", "Yusuf", "Andi", "Galih", "Arif", "Wahyu"),
        (
            "Santoso",
            "Wijaya",
            "Pratama",
            "Lestari",
            "Nugroho",
            "Saputra",
            "Hidayat",
            "Kusuma",
            "Siregar",
            "Halim",
            "Utami",
        ),
    ),
    Origin(
        "iran",
        "IR",
        "Asia/Tehran",
        ("tehran", "shiraz", "isfahan"),
        "fa",
        "fa",
        "USD",
        ("سارا", "مریم", "نیلوفر", "شیرین", "پریسا", "الهام", "مینا", "یاسمن", "نگار", "لیلا"),
        ("علی", "رضا", "امیر", "مهدی", "حسین", "پویا", "آرش", "سینا", "کاوه", "بهرام"),
        ("رضایی", "احمدی", "کریمی", "محمدی", "حسینی", "جعفری", "نوری", "صادقی", "رستمی", "فرهادی"),
        "arabic",
    ),
    Origin(
        "germany",
        "DE",
        "Europe/Berlin",
        ("berlin", "munich"),
        "en",
        "de",
        "USD",
        ("Anna", "Lena", "Katharina", "Johanna", "Clara", "Miriam", "Sophie", "Franziska"),
        ("Jonas", "Felix", "Lukas", "Matthias", "Tobias", "Moritz", "Paul", "Sebastian"),
        ("Weber", "Hoffmann", "Schäfer", "Becker", "Richter", "Krüger", "Lindner", "Vogel"),
    ),
    Origin(
        "britain",
        "GB",
        "Europe/London",
        ("london",),
        "en",
        "en",
        "USD",
        ("Emily", "Charlotte", "Hannah", "Grace", "Amelia", "Olivia", "Ruth", "Eleanor"),
        ("James", "Oliver", "Harry", "Daniel", "Thomas", "Adam", "Edward", "Samuel"),
        ("Clarke", "Bennett", "Hughes", "Walker", "Morgan", "Bailey", "Cooper", "Reid"),
    ),
)

WEIGHTS = (26, 14, 12, 22, 8, 8, 10)
"""How many of a hundred come from each origin, in the order above."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person of the demonstration before they exist."""

    name: str
    gender: str
    origin: Origin


def people(count: int, dice: Random) -> list[Somebody]:
    """`count` people with different names. The same dice give the same people."""
    seen: set[str] = set()
    found: list[Somebody] = []
    while len(found) < count:
        origin = dice.choices(ORIGINS, WEIGHTS)[0]
        gender = dice.choice(("female", "male"))
        first = dice.choice(origin.women if gender == "female" else origin.men)
        name = f"{first} {dice.choice(origin.families)}"
        if name in seen:
            # A second given name makes a third person out of two that would share one.
            name = f"{first} {dice.choice(origin.men)} {dice.choice(origin.families)}"
        if name not in seen:
            seen.add(name)
            found.append(Somebody(name, gender, origin))
    return found
