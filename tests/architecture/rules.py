"""The rules of the house that no linter knows, each a function of the tree's root that yields one sentence per breach.

The floors and the independence of modules are in `.importlinter`; the clock and signals also in ruff's banned API."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

FLOORS = ("kit", "kernel", "engines", "products", "faces")
MODULE_FLOORS = ("kernel", "engines", "products")
FRONT_DOORS = frozenset({"services", "queries", "events", "types"})
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"})
LONGEST = 400
LONGEST_SETTINGS = 250
OURS = {".py", ".html", ".js", ".css", ".txt"}

RULES: dict[str, Callable[[Path], Iterator[str]]] = {}


def rule(claim: str) -> Callable[[Callable[[Path], Iterator[str]]], Callable[[Path], Iterator[str]]]:
    def register(found: Callable[[Path], Iterator[str]]) -> Callable[[Path], Iterator[str]]:
        RULES[claim] = found
        return found

    return register


def modules(root: Path) -> Iterator[Path]:
    for floor in MODULE_FLOORS:
        yield from sorted(p.parent for p in (root / "src/majlis" / floor).glob("*/__init__.py"))


def sources(root: Path, *suffixes: str) -> Iterator[Path]:
    for path in sorted((root / "src").rglob("*")):
        if path.suffix in suffixes and path.is_file() and not {"vendor", "__pycache__"} & set(path.parts):
            yield path


def code(root: Path, *, tests: bool = False) -> Iterator[tuple[Path, ast.Module]]:
    """Our Python: without migrations, and without tests unless asked for."""
    for path in sources(root, ".py"):
        parts = path.relative_to(root).parts
        if "migrations" not in parts and (tests or "tests" not in parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def label(node: ast.expr) -> str:
    """`a.b.c` of a dotted expression."""
    if isinstance(node, ast.Attribute):
        return f"{label(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@rule("No file is longer than 400 lines, settings not longer than 250")
def sizes(root: Path) -> Iterator[str]:
    for path in sources(root, *OURS):
        if "migrations" in path.parts:
            continue
        limit = LONGEST_SETTINGS if path.name == "settings.py" and path.parent.name == "config" else LONGEST
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > limit:
            yield f"{name_of(path, root)} has {lines} lines, more than {limit}."


@rule("No file is named after nothing")
def names(root: Path) -> Iterator[str]:
    for path in sources(root, ".py"):
        # By that name Django finds a database's backend (ADR 0014).
        called_so = path.name == "base.py" and path.parent.name in {"gateways", "postgres"}
        if path.stem in BANNED_NAMES and not called_so:
            yield f"{name_of(path, root)}: `{path.stem}` does not say what it is."


@rule("A module has its required files, and no empty ones")
def required_files(root: Path) -> Iterator[str]:
    for module in modules(root):
        for wanted in ("README.md", "apps.py", "tests"):
            if not (module / wanted).exists():
                yield f"{name_of(module, root)} has no {wanted}."
        for wanted in ("models", "services"):
            if not (module / f"{wanted}.py").exists() and not (module / wanted / "__init__.py").exists():
                yield f"{name_of(module, root)} has no {wanted}."


@rule("From outside, a module is entered by services, queries, events and types; only the back office sees models")
def front_doors(root: Path) -> Iterator[str]:
    homes = {f"majlis.{m.parent.name}.{m.name}" for m in modules(root)}
    for path, tree in code(root):
        here = ".".join(path.relative_to(root / "src").with_suffix("").parts)
        for node in ast.walk(tree):
            for imported in imports(node):
                home = ".".join(imported.split(".")[:3])
                if home not in homes or f"{here}.".startswith(f"{home}."):
                    continue
                door = imported.split(".")[3] if imported.count(".") >= 3 else ""
                office = here.startswith("majlis.faces.backoffice.") and door == "models"
                if door not in FRONT_DOORS and not office:
                    yield f"{name_of(path, root)}:{node.lineno} imports {imported}."


def imports(node: ast.AST) -> Iterator[str]:
    """What an import statement names, `from a.b import c` as `a.b.c`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


@rule("Foreign keys point down, nameless from below, and never cascade from one module into another")
def foreign_keys(root: Path) -> Iterator[str]:
    floors = {m.name: FLOORS.index(m.parent.name) for m in modules(root)}
    for path, tree in code(root):
        parts = path.relative_to(root / "src/majlis").parts
        if len(parts) < 3 or parts[0] not in MODULE_FLOORS:
            continue
        own, floor = parts[1], FLOORS.index(parts[0])
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or label(node.func).rpartition(".")[2] not in {
                "ForeignKey",
                "OneToOneField",
                "ManyToManyField",
            }:
                continue
            target = target_of(node)
            if target in (None, own):
                continue
            where = f"{name_of(path, root)}:{node.lineno}"
            options = {k.arg: k.value for k in node.keywords}
            related = options.get("related_name")
            on_delete = options.get("on_delete") or (node.args[1] if len(node.args) > 1 else ast.Name(""))
            if label(on_delete).endswith("CASCADE"):
                yield f"{where} cascades from {target} into {own}."
            if not (isinstance(related, ast.Constant) and related.value == "+"):
                yield f"{where}: a key to {target} needs related_name='+'."
            if target in floors and (
                floors[target] > floor
                or (floors[target] == floor and not (parts[0] == "kernel" and target == "accounts"))
            ):
                yield f"{where} points from {own} to {target}, which is not below it."


def target_of(call: ast.Call) -> str | None:
    """The label of the module a key points to; None for the same one."""
    to = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "to"), None)
    if isinstance(to, ast.Constant) and isinstance(to.value, str):
        return to.value.split(".")[0] if "." in to.value else None
    return "accounts" if to is not None and label(to).endswith("AUTH_USER_MODEL") else None


@rule("A module that keeps rows about people says which, in its personal.py")
def personal_data(root: Path) -> Iterator[str]:
    for module in modules(root):
        tables = [path for path in (module / "models.py", *(module / "models").glob("*.py")) if path.exists()]
        about_people = any('"accounts.User"' in path.read_text(encoding="utf-8") for path in tables)
        if about_people and module.name != "accounts" and not (module / "personal.py").exists():
            yield f"{name_of(module, root)} points at people and has no personal.py."


@rule("No signals, no get_model, no save() overrides, no Meta.ordering")
def hidden_behaviour(root: Path) -> Iterator[str]:
    for path, tree in code(root):
        for node in ast.walk(tree):
            where = f"{name_of(path, root)}:{getattr(node, 'lineno', 0)}"
            for imported in imports(node):
                if imported.startswith(("django.dispatch", "django.db.models.signals", "django.core.signals")):
                    yield f"{where} imports {imported}."
            if isinstance(node, ast.Call) and label(node.func).endswith(".get_model"):
                yield f"{where} calls get_model."
            if isinstance(node, ast.ClassDef) and is_model(node, path):
                yield from (f"{where} overrides {f.name}()." for f in node.body if overrides(f))
                for meta in node.body:
                    if isinstance(meta, ast.ClassDef) and meta.name == "Meta":
                        yield from (f"{where} sets Meta.ordering." for line in meta.body if sets(line, "ordering"))


def is_model(node: ast.ClassDef, path: Path) -> bool:
    return (
        path.stem == "models"
        or path.parent.name == "models"
        or any(label(b).endswith(("models.Model", "Record")) for b in node.bases)
    )


def overrides(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name in {"save", "delete", "full_clean"}


def sets(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)


@rule("HTTP only in faces, and no addresses of pages are looked up below them")
def http_in_faces(root: Path) -> Iterator[str]:
    web = ("django.http", "django.shortcuts", "django.views", "django.urls", "ninja", "granian")
    for path, tree in code(root):
        if path.relative_to(root / "src/majlis").parts[0] not in (*MODULE_FLOORS, "kit"):
            continue
        for node in ast.walk(tree):
            yield from (
                f"{name_of(path, root)}:{getattr(node, 'lineno', 0)} imports {i}."
                for i in imports(node)
                if i.startswith(web)
            )


SIDES = re.compile(
    r"(?:^|[\s;{])((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right"
    r"|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)\b",
    re.MULTILINE,
)


@rule("Our CSS knows no left and right, so that it mirrors itself")
def css_sides(root: Path) -> Iterator[str]:
    for path in sources(root, ".css"):
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), path.read_text(encoding="utf-8"), flags=re.S)
        for found in SIDES.finditer(text):
            line = text.count("\n", 0, found.start() + 1) + 1
            yield f"{name_of(path, root)}:{line} says {found[0].strip(' ;{')}."


LOADED = re.compile(
    r"""(?:\b(?:src|srcset|poster|data-src)\s*=\s*["']?|<link\b[^>]*\bhref\s*=\s*["']?|url\(\s*["']?|@import\s+["']"""
    r"""|\bfrom\s+["']|\bimport\(?\s*["']|\bfetch\(\s*["'])((?:https?:)?//[^"'\s)]+)""",
    re.IGNORECASE,
)


@rule("No page loads anything from another host")
def outside_addresses(root: Path) -> Iterator[str]:
    for path in sources(root, ".html", ".css", ".js"):
        if "mail" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        for found in LOADED.finditer(text):
            yield f"{name_of(path, root)}:{text.count(chr(10), 0, found.start()) + 1} loads {found[1]}."


@rule("No inline script, style or event handler: the content security policy refuses them")
def inline_code(root: Path) -> Iterator[str]:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"'](?:application/(?:ld\+)?json|importmap)[\"'])[^>]*>|<style\b"
        r"|\sstyle=[\"']|\son[a-z]+=[\"']",
        re.IGNORECASE,
    )
    for path in sources(root, ".html"):
        if "mail" in path.parts:
            continue
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        for found in inline.finditer(text):
            yield f"{name_of(path, root)}: {found[0].strip()[:40]}"


@rule("The import contracts name every module")
def contracts_are_complete(root: Path) -> Iterator[str]:
    text = (root / ".importlinter").read_text(encoding="utf-8")
    for module in modules(root):
        floor, name = module.parent.name, module.name
        if floor == "engines" and f"majlis.engines.{name}\n" not in text:
            yield f".importlinter does not name majlis.engines.{name}."
        if floor == "kernel" and not re.search(rf"^\s+(?:.*: )?{name}(?: :.*)?$", text, re.MULTILINE):
            yield f".importlinter does not name majlis.kernel.{name}."
