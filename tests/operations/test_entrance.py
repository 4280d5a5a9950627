"""The shell script `majlis`: what it says and does before Python takes over."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "readlink", "cmp", "cp", "rm", "cat", "mkdir", "chmod")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout in a path with spaces, and a PATH with nothing but the tools the script needs."""
    root = tmp_path / "a checkout"
    (root / "requirements").mkdir(parents=True)
    shutil.copy(HOME / "majlis", root)
    for name in ("runtime", "development"):
        (root / "requirements" / f"{name}.lock").write_text(f"# {name}\n")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    return root


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(place: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": str(place.parent / "bin"), "HOME": str(place.parent), **env}
    return subprocess.run([place / "majlis", *words], env=given, capture_output=True, text=True, check=False)


def pretended_python(place: Path) -> Path:
    """A virtual environment whose Python writes down what it is asked."""
    asked = place.parent / "asked"
    script(place / ".venv" / "bin" / "python", f'printf "%s|" "$@" >> "{asked}"; echo "$PYTHONPATH" >> "{asked}"')
    return asked


class TestEntrance:
    def test_says_what_to_do_without_python(self, place: Path):
        done = run(place, "up")
        assert done.returncode == 1
        assert "needs Python 3.11 or newer" in done.stderr
        assert "apt install python3" in done.stderr

    def test_names_the_package_when_venv_is_missing(self, place: Path):
        script(
            place.parent / "bin" / "python3",
            'case "$*" in *ensurepip*) exit 1;; *"%d.%d"*) echo 3.11;; esac',
        )
        done = run(place, "up")
        assert done.returncode == 1
        assert "apt install python3.11-venv" in done.stderr

    def test_installs_with_hashes_then_hands_over(self, place: Path):
        asked = pretended_python(place)
        assert run(place, "up", "--port", "9000").returncode == 0
        said = asked.read_text()
        assert f"-m|pip|install|--quiet|--disable-pip-version-check|--no-input|--require-hashes|-r|{place}" in said
        assert said.splitlines()[-1] == f"-m|majlis.faces.cli|up|--port|9000|{place}/src"

    def test_installs_nothing_while_the_lock_is_unchanged(self, place: Path):
        asked = pretended_python(place)
        run(place, "up")
        asked.unlink()
        run(place, "up")
        assert "pip|install" not in asked.read_text()
        (place / "requirements" / "runtime.lock").write_text("# renewed\n")
        run(place, "up")
        assert "pip|install" in asked.read_text()

    def test_tests_and_checks_install_the_development_lock(self, place: Path):
        asked = pretended_python(place)
        run(place, "check")
        assert "requirements/development.lock" in asked.read_text()
        asked.unlink()
        run(place, "up")
        assert "pip|install" not in asked.read_text(), "the development lock contains the runtime one"

    def test_works_through_a_symbolic_link(self, place: Path):
        asked = pretended_python(place)
        link = place.parent / "link"
        link.symlink_to("a checkout/majlis")
        env = {"PATH": str(place.parent / "bin"), "HOME": str(place.parent)}
        subprocess.run([link, "doctor"], env=env, check=True, cwd=os.sep)
        assert f"{place}/src" in asked.read_text()

    def test_explains_a_failed_installation(self, place: Path):
        script(place / ".venv" / "bin" / "python", 'case "$*" in *install*) exit 1;; esac')
        done = run(place, "up")
        assert done.returncode == 1
        assert "Installing failed" in done.stderr
        assert not (place / ".venv" / ".majlis-runtime.lock").exists()
