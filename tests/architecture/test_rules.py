"""The house keeps its rules; and each rule sees a breach of it planted in a copy of the house."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]

spec = util.spec_from_file_location("architecture_rules", Path(__file__).with_name("rules.py"))
assert spec is not None
rules = util.module_from_spec(spec)
assert spec.loader is not None
spec.loader.exec_module(rules)

ENGINE = "src/majlis/engines/billing"
BREACHES: dict[str, list[tuple[str, str]]] = {
    "No file is longer than 400 lines, settings not longer than 250": [
        (f"{ENGINE}/planted.py", "x = 1\n" * 401),
        ("src/majlis/config/settings.py", "X = 1\n" * 251),
    ],
    "No file is named after nothing": [(f"{ENGINE}/helpers.py", ""), (f"{ENGINE}/base.py", "")],
    "A module has its required files, and no empty ones": [("src/majlis/products/planted/__init__.py", "")],
    "From outside, a module is entered by services, queries, events and types; only the back office sees models": [
        (f"{ENGINE}/planted.py", "from majlis.kernel.ledger.models import Entry\n"),
        (f"{ENGINE}/planted.py", "from majlis.kernel.ledger import models\n"),
        ("src/majlis/faces/web/views/planted.py", "from majlis.kernel.ledger.models import Entry\n"),
    ],
    "Foreign keys point down, nameless from below, and never cascade from one module into another": [
        (
            f"{ENGINE}/planted.py",
            'x = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")\n',
        ),
        (f"{ENGINE}/planted.py", 'x = models.ForeignKey("accounts.User", on_delete=models.PROTECT)\n'),
        (f"{ENGINE}/planted.py", 'x = models.ForeignKey("lessons.Lesson", models.PROTECT, related_name="+")\n'),
        (f"{ENGINE}/planted.py", 'x = models.ForeignKey("reviews.Review", models.PROTECT, related_name="+")\n'),
    ],
    "A module that keeps rows about people says which, in its personal.py": [
        (
            "src/majlis/kernel/catalogue/models.py",
            'x = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")\n',
        )
    ],
    "No signals, no get_model, no save() overrides, no Meta.ordering": [
        (f"{ENGINE}/planted.py", "from django.db.models.signals import post_save\n"),
        (f"{ENGINE}/planted.py", 'x = apps.get_model("accounts", "User")\n'),
        (f"{ENGINE}/models/planted.py", "class A(Record):\n    def save(self): ...\n"),
        (f"{ENGINE}/models/planted.py", 'class A(Record):\n    class Meta:\n        ordering = ["id"]\n'),
    ],
    "HTTP only in faces, and no addresses of pages are looked up below them": [
        (f"{ENGINE}/planted.py", "from django.shortcuts import render\n"),
        (f"{ENGINE}/planted.py", "from django.urls import reverse\n"),
    ],
    "Our CSS knows no left and right, so that it mirrors itself": [
        ("src/majlis/faces/web/static/css/planted.css", ".a { margin-left: 1rem }\n"),
        ("src/majlis/faces/web/static/css/planted.css", ".a {\n  left: 0;\n}\n"),
        ("src/majlis/faces/web/static/css/planted.css", ".a { text-align: right }\n"),
    ],
    "No page loads anything from another host": [
        ("src/majlis/faces/web/templates/planted.html", '<script src="https://cdn.example/x.js"></script>\n'),
        ("src/majlis/faces/web/static/css/planted.css", ".a { background: url(//cdn.example/x.png) }\n"),
        ("src/majlis/faces/web/static/js/planted.js", 'import x from "https://cdn.example/x.js";\n'),
    ],
    "No inline script, style or event handler: the content security policy refuses them": [
        ("src/majlis/faces/web/templates/planted.html", "<script>alert(1)</script>\n"),
        ("src/majlis/faces/web/templates/planted.html", '<p style="color: red">\n'),
        ("src/majlis/faces/web/templates/planted.html", '<p onclick="go()">\n'),
    ],
    "The import contracts name every module": [("src/majlis/engines/planted/__init__.py", "")],
}

CONTRACTS = {
    "Imports go down only": (f"{ENGINE}/planted.py", "from majlis.products.lessons import services\n"),
    "accounts carries": ("src/majlis/kernel/accounts/planted.py", "from majlis.kernel.ledger import services\n"),
    "Modules read django.conf": ("src/majlis/engines/calls/planted.py", "from majlis.config import environment\n"),
    "HTTP, sockets and the shell": ("src/majlis/engines/experts/planted.py", "import subprocess\n"),
    "Engines do not know": ("src/majlis/engines/reviews/planted.py", "from majlis.engines.calls import services\n"),
    "Faces do not know": ("src/majlis/faces/web/planted.py", "from majlis.faces.api import problems\n"),
    "Events are plain facts": ("src/majlis/kernel/ledger/events.py", "from django.conf import settings\n"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house to plant in."""
    root = tmp_path_factory.mktemp("house")
    leave_out = shutil.ignore_patterns("__pycache__", "vendor", "*.woff2", "*.png", "*.webp", "*.mo")
    shutil.copytree(HOME / "src", root / "src", ignore=leave_out)
    shutil.copy(HOME / ".importlinter", root)
    return root


@pytest.fixture
def plant(copy: Path) -> Iterator[object]:
    """Put a text at the end of a file of the copy, until the test is over."""
    before: dict[Path, str | None] = {}

    def put(name: str, text: str) -> None:
        path = copy / name
        before.setdefault(path, path.read_text() if path.exists() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((before[path] or "") + text)

    yield put
    for path, text in before.items():
        if text is None:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        else:
            path.write_text(text)


@pytest.mark.parametrize("claim", rules.RULES)
class TestRules:
    def test_the_house_keeps_it(self, claim: str):
        assert list(rules.RULES[claim](HOME)) == []

    def test_a_planted_breach_is_seen(self, claim: str, copy: Path, plant):
        for name, text in BREACHES[claim]:
            plant(name, text)
            assert list(rules.RULES[claim](copy)), f"{text!r} in {name} went unseen"
            plant(name, "")


class TestContracts:
    def lint(self, root: Path) -> tuple[int, str]:
        program = Path(sys.executable).with_name("lint-imports")
        done = subprocess.run(
            [program, "--no-cache"],
            cwd=root,
            env={"PYTHONPATH": str(root / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def test_each_contract_sees_a_planted_breach(self, copy: Path, plant):
        for name, text in CONTRACTS.values():
            plant(name, text)
        status, said = self.lint(copy)
        assert status == 1
        broken = [line for line in said.splitlines() if " BROKEN" in line]
        unseen = [claim for claim in CONTRACTS if not any(line.startswith(claim) for line in broken)]
        assert unseen == []

    def test_a_handler_may_overhear_a_neighbour(self, copy: Path, plant):
        plant("src/majlis/engines/calls/handlers.py", "from majlis.engines.reviews import events as heard\n")
        plant("src/majlis/engines/reviews/events.py", "")
        status, said = self.lint(copy)
        assert status == 0, said


class TestDecisions:
    def test_each_has_a_number_of_its_own(self):
        numbers = [path.name[:4] for path in sorted((HOME / "docs/adr").glob("*.md"))]
        assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
