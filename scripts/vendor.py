#!/usr/bin/env python3
"""Refresh the browser files and fonts we carry, or check that nobody touched them.

    scripts/vendor.py            fetch every package named in vendor.toml and copy its files (needs npm)
    scripts/vendor.py --check    compare the files with their integrity; exit 1 and name those that differ

A page of ours loads nothing from another host, and running Majlis needs no Node: this script is for the day when a
version is raised. Change the version in `vendor.toml`, run it, look at the pages, commit both.
"""

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src/majlis/faces/web/static/vendor"
LIST = VENDOR / "vendor.toml"
HEAD = "# What the browser gets that we did not write. Refreshed by scripts/vendor.py; checked by a test.\n"


def integrity(content: bytes) -> str:
    """The subresource integrity of `content`."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def packages() -> list[dict[str, Any]]:
    """The packages in `vendor.toml`."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))["package"]


def place(to: str) -> Path:
    """Where a file goes: beside `vendor.toml`, or, with a leading slash, under the checkout (fonts for invoices)."""
    return ROOT / to[1:] if to.startswith("/") else VENDOR / to


def sprite(folder: Path, names: list[str]) -> bytes:
    """One SVG with a symbol per icon. The stroke is set by our CSS, so that an icon takes the colour of its text."""
    symbols = []
    for name in sorted(names):
        drawing = (folder / f"{name}.svg").read_text(encoding="utf-8")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
        assert inner, name
        body = re.sub(r"\s+", " ", inner.group(1)).replace(" />", "/>").replace("> <", "><").strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def fetch(package: dict[str, Any]) -> None:
    """Download one package with npm and copy the files we use, noting their integrity."""
    with tempfile.TemporaryDirectory() as temporary:
        wanted = f"{package['name']}@{package['version']}"
        subprocess.run(["npm", "pack", "--silent", wanted], cwd=temporary, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(temporary).glob("*.tgz")
        with tarfile.open(archive) as tar:
            tar.extractall(temporary, filter="data")
        for to, file in package["files"].items():
            if file["from"] == "icons":
                content = sprite(Path(temporary) / "package/icons", package["icons"])
            else:
                content = (Path(temporary) / "package" / file["from"]).read_bytes()
            if to.endswith((".js", ".css")):
                content = re.sub(rb"\n?(//|/\*)# sourceMappingURL=.*", b"", content)
            place(to).parent.mkdir(parents=True, exist_ok=True)
            place(to).write_bytes(content)
            file["integrity"] = integrity(content)


def write(listed: list[dict[str, Any]]) -> None:
    """Write `vendor.toml` again, in one fixed form."""
    lines = [HEAD]
    for package in listed:
        lines.append("[[package]]")
        lines += [f'{key} = "{package[key]}"' for key in ("name", "version", "licence", "home", "use")]
        if "icons" in package:
            lines.append("icons = [")
            row = "   "
            for name in sorted(package["icons"]):
                if len(row) + len(name) > 112:
                    lines.append(row)
                    row = "   "
                row += f' "{name}",'
            lines += [row, "]"]
        lines.append("[package.files]")
        lines += [
            f'"{to}" = {{ from = "{file["from"]}", integrity = "{file.get("integrity", "")}" }}'
            for to, file in package["files"].items()
        ]
        lines.append("")
    LIST.write_text("\n".join(lines), encoding="utf-8")


def differences() -> list[str]:
    """The files that are missing or are not what was vendored, one sentence each."""
    wrong = []
    for package in packages():
        for to, file in package["files"].items():
            if not place(to).is_file():
                wrong.append(f"{to} is missing")
            elif integrity(place(to).read_bytes()) != file["integrity"]:
                wrong.append(f"{to} is not the file of {package['name']} {package['version']}")
    return wrong


def main() -> int:
    """Returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true", help="compare only")
    options.add_argument("only", nargs="*", help="names of packages; all when none is named")
    chosen = options.parse_args()
    if not chosen.check:
        listed = packages()
        for package in listed:
            if not chosen.only or package["name"] in chosen.only:
                fetch(package)
        write(listed)
    wrong = differences()
    for sentence in wrong:
        sys.stderr.write(sentence + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
