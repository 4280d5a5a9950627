"""The design system: what it promises in numbers."""

import gzip
import importlib.util
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import engines
from django.urls import reverse

from majlis.faces.web import environment

WEB = Path(__file__).resolve().parents[1]
STATIC = WEB / "static"
TOKENS = (STATIC / "css/tokens.css").read_text()
PALETTES = sorted((STATIC / "css/palettes").glob("*.css"))
LIMIT = 150 * 1024


def vendor():
    """The script that vendors browser files, as a module."""
    spec = importlib.util.spec_from_file_location("vendor", settings.HOME / "scripts/vendor.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestVendoredFiles:
    def test_are_exactly_those_that_were_fetched(self):
        assert vendor().differences() == []

    def test_each_names_version_and_licence(self):
        for package in vendor().packages():
            assert all(package[fact] for fact in ("version", "licence", "home", "use")), package["name"]

    def test_nothing_else_lies_there(self):
        listed = {to for package in vendor().packages() for to in package["files"]}
        folder = STATIC / "vendor"
        found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert found - listed == {"vendor.toml"}

    def test_every_icon_that_a_template_names_is_in_the_sprite(self):
        sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "vendor/lucide/icons.svg").read_text()))
        asked = {
            (path.name, name)
            for path in (WEB / "templates").rglob("*.html")
            for name in re.findall(r'\bicon\("([a-z0-9-]+)"', path.read_text())
        }
        asked |= {
            (path.name, name)
            for path in (WEB / "routes").glob("*.py")
            for name in re.findall(r'\bicon="([a-z0-9-]+)"', path.read_text())
        }
        assert asked
        assert {(where, name) for where, name in asked if name not in sprite} == set()


def colours(sheet: str) -> dict[str, tuple[str, str]]:
    """Name → (light, dark) of a sheet."""
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", sheet)
    return {name: (light, dark) for name, light, dark in found}


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


READ = [
    ("ink", "paper", 7),
    ("ink", "surface", 7),
    ("ink-2", "paper", 4.5),
    ("ink-2", "sunken", 4.5),
    ("ink-3", "surface", 4.5),
    ("ink-3", "paper", 4.5),
    ("ink-3", "sunken", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "raised", 4.5),
    ("accent-strong", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5),
    ("good", "good-soft", 4.5),
    ("warn", "warn-soft", 4.5),
    ("bad", "bad-soft", 4.5),
    ("info", "info-soft", 4.5),
    ("good", "surface", 4.5),
    ("bad", "surface", 4.5),
    ("on-status", "bad", 4.5),
    ("line-field", "surface", 3),
]


class TestColours:
    @pytest.mark.parametrize("palette", PALETTES, ids=lambda path: path.stem)
    @pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
    def test_can_be_read_in_every_palette(self, palette, scheme):
        named = colours(TOKENS) | colours(palette.read_text())
        weak = [
            (text, ground, round(contrast(named[text][scheme], named[ground][scheme]), 2))
            for text, ground, least in READ
            if contrast(named[text][scheme], named[ground][scheme]) < least
        ]
        assert weak == []

    def test_every_edition_has_its_palette(self):
        from majlis.kit.edition import load_edition

        names = {path.stem for path in PALETTES}
        for path in Path(settings.EDITIONS_DIR).glob("*.toml"):
            assert load_edition(str(path)).palette in names

    def test_no_raw_colour_outside_of_tokens(self):
        raw = [
            (path.name, found)
            for path in STATIC.glob("css/**/*.css")
            if path.parent.name != "palettes" and path.name not in ("tokens.css", "print.css", "overlays.css")
            for found in re.findall(r"#[0-9a-f]{3,8}\b(?![^;{]*\{)", re.sub(r"/\*.*?\*/", "", path.read_text()))
        ]
        assert raw == []


class TestClasses:
    def test_every_class_that_a_template_names_is_drawn_or_moved(self):
        known = "".join(path.read_text() for kind in ("css", "js") for path in STATIC.glob(f"{kind}/**/*.{kind}"))
        lost = set()
        for path in (WEB / "templates").rglob("*.html"):
            text = re.sub(
                r"\{\{.*?\}\}", "\0", re.sub(r"\{[%#].*?[%#]\}", " ", path.read_text(), flags=re.S), flags=re.S
            )
            for names in re.findall(r'class="([^"\0]*)"', text):
                lost |= {(path.name, name) for name in names.split() if f".{name}" not in known and name not in known}
        assert lost == set()


class TestFigures:
    def test_every_count_is_written_in_the_readers_digits(self):
        bare = [
            (path.name, found)
            for path in (WEB / "templates").rglob("*.html")
            for found in re.findall(r"ngettext\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", path.read_text())
            if "%(num)s" in re.sub(r"%\(count\)s", "", found) and "num=" not in found
        ]
        assert bare == []


class TestMacros:
    def test_every_documented_macro_exists(self):
        readme = (WEB / "README.md").read_text()
        environment = engines["jinja2"].env
        missing = []
        part = None
        for line in readme.splitlines():
            if row := re.match(r"\| (?:`(parts/\w+\.html)`)? ?\|(.*)\|$", line):
                part = row[1] or part
                names = set(re.findall(r"`(?:\{% call )?(\w+)\(", row[2])) if part else set()
                module = environment.get_template(part).make_module({}) if part else None
                missing += [f"{part}: {name}" for name in names if not hasattr(module, name)]
        assert part is not None
        assert missing == []

    @pytest.mark.django_db
    def test_a_wrong_field_tells_its_error_to_everyone(self, client):
        page = client.post(reverse("styleguide"), {"email": "no address"}).content.decode()
        field = re.search(r"<input[^>]*name=\"email\"[^>]*>", page)[0]
        assert 'aria-invalid="true"' in field
        said = re.search(r'aria-describedby="([^"]+)"', field)[1].split()
        assert all(f'id="{name}"' in page for name in said)

    @pytest.mark.django_db
    def test_names_are_isolated_in_sentences(self, client):
        assert "<bdi>Salma Hassan</bdi>" in client.get(reverse("styleguide")).content.decode()


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The static files as production serves them."""
    from django.core.files.storage import storages
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("static")
    kinds = {**settings.STORAGES, "staticfiles": {"BACKEND": "majlis.faces.web.storage.WholeStyles"}}
    with override_settings(STATIC_ROOT=str(folder), STORAGES=kinds):
        call_command("collectstatic", verbosity=0, interactive=False)
        forget_addresses()
        yield folder, storages["staticfiles"]
    forget_addresses()


def forget_addresses():
    """The addresses of static files are remembered by a process that serves one set of them."""
    for remembered in (environment.static, environment.icon):
        remembered.cache_clear()


class TestWeight:
    @pytest.mark.django_db
    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    @pytest.mark.parametrize("route", ["home", "search"])
    def test_the_first_page_fits_a_poor_line(self, client, collected, language, route):
        folder, storage = collected
        client.cookies["language"] = language
        page = client.get(reverse(route)).content
        weights = {"page": len(gzip.compress(page))}
        addresses = re.findall(r'(?:href|src)="/static/([^"#]+)(?:#[^"]*)?"', page.decode())
        asked = {re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", address) for address in addresses}
        # Scripts ask for each other; the sheet asks for the fonts of the script at hand.
        for name in list(asked):
            if name.endswith(".js"):
                asked |= {f"js/{other}" for other in imports(STATIC / name)}
        fonts = (
            ["source-sans-latin", "vazirmatn-arabic"]
            if language in ("ar", "fa")
            else ["source-sans-latin", "lora-latin"]
        )
        asked |= {f"vendor/fonts/{font}.woff2" for font in fonts} | {"img/tiling.svg"}
        asked = {name for name in asked if not name.startswith("img/icons/")} - {"js/stream-worker.js"}
        for name in asked:
            served = folder / storage.stored_name(name)
            packed = served.with_name(served.name + ".gz")
            weights[name] = (packed if packed.exists() else served).stat().st_size
        total = sum(weights.values())
        print(f"{route} in {language}: {total / 1024:.1f} KB compressed")
        assert total <= LIMIT, weights

    def test_the_style_sheet_is_one_file(self, collected):
        folder, storage = collected
        sheet = (folder / storage.stored_name("css/majlis.css")).read_text()
        assert "@import" not in sheet
        assert "@layer components {" in sheet
        assert not re.search(r"url\(\"[^\"]*/(?!\w[\w-]*\.[0-9a-f]{12}\.)[^\"/]+\"\)", sheet)

    def test_scripts_import_hashed_names(self, collected):
        folder, storage = collected
        script = (folder / storage.stored_name("js/app.js")).read_text()
        assert re.search(r'import ?"\./dialog\.[0-9a-f]{12}\.js"', script)


def imports(script: Path, seen: frozenset[str] = frozenset()) -> set[str]:
    """The names of our scripts that a script imports from the start, directly or through others."""
    found = set(re.findall(r'^import[^;]*?"\./([\w.-]+)"', script.read_text(), re.MULTILINE)) - seen
    for name in list(found):
        found |= imports(script.parent / name, seen | found)
    return found
