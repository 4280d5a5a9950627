"""One tar with everything an installation is: the database, members' files, the secret key."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from majlis.config.postgres_binaries import find
from majlis.faces.cli.house import UserError

FORMAT = 1
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"


def _client(url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which goes through the environment: a command line is seen by everyone."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = (parts.netloc.rpartition("@")[0]).partition(":")[0]
    bare = urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
    env = {**os.environ, **({"PGPASSWORD": unquote(parts.password)} if parts.password else {})}
    return bare, env


def _major(url: str) -> int:
    with psycopg.connect(url, connect_timeout=10) as connection:
        return connection.info.server_version // 10000


def _program(name: str, url: str) -> str:
    """pg_dump and its like must be at least as new as the server."""
    program = find().bin / name
    if not program.exists() or find().major < _major(url):
        other = shutil.which(name)
        if not other:
            raise UserError(f"{name} for PostgreSQL {_major(url)} is needed (apt install postgresql-client).")
        return other
    return str(program)


def backup(url: str, data: Path, into: Path) -> int:
    """Write everything into `into`, whole or not at all; its size in bytes. People may go on working meanwhile: the
    database is one instant of it, and the files, which are never changed, are read after it."""
    bare, env = _client(url)
    half = into.with_name(into.name + ".new")
    dump = into.with_name(into.name + ".dump")
    try:
        done = subprocess.run(
            [_program("pg_dump", url), "--format=custom", "--no-owner", "--no-privileges", "-f", str(dump), "-d", bare],
            env=env,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise UserError(f"pg_dump failed: {done.stderr.strip()}")
        with tarfile.open(half, "w") as tar:
            os.chmod(half, 0o600)  # it holds the secret key
            facts = {"format": FORMAT, "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
            _add_text(tar, "manifest.json", json.dumps(facts))
            tar.add(dump, "database.dump")
            if (data / "secret_key").exists():
                tar.add(data / "secret_key", "secret_key")
            if (data / "demonstration.json").exists():
                tar.add(data / "demonstration.json", "demonstration.json")
            if (data / "files").exists():
                tar.add(data / "files", "files")
        half.replace(into)
    finally:
        dump.unlink(missing_ok=True)
        half.unlink(missing_ok=True)
    return into.stat().st_size


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(text.encode())
    tar.addfile(member, io.BytesIO(text.encode()))


def restore(url: str, data: Path, source: Path) -> str:
    """Replace everything by what `source` holds; when it was made. The database changes in one transaction, so a
    failure leaves it as it was; the files that were there are kept beside, as `files.before`."""
    scratch = data / "restoring"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        try:
            with tarfile.open(source) as tar:
                _unpack(tar, scratch)
            made = str(json.loads((scratch / "manifest.json").read_text())["made_at"])
        except (tarfile.TarError, FileNotFoundError, ValueError, KeyError, EOFError) as wrong:
            raise UserError(f"{source} is not a backup of Majlis ({wrong}).") from None
        _restore_database(url, scratch / "database.dump")
        if (scratch / "files").exists():
            shutil.rmtree(data / "files.before", ignore_errors=True)
            if (data / "files").exists():
                (data / "files").rename(data / "files.before")
            (scratch / "files").rename(data / "files")
        for name in ("secret_key", "demonstration.json"):
            if (scratch / name).exists():
                (scratch / name).chmod(0o600)
                (scratch / name).replace(data / name)
        return made
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack(tar: tarfile.TarFile, into: Path) -> None:
    """Write the archive's files under `into`; `tarfile.TarError` for a link, a device or a path that leads out of it.

    By hand, since the safe filter of `extractall` is missing in the first releases of Python 3.11.
    """
    for member in tar:
        target = into / member.name
        if not target.resolve().is_relative_to(into.resolve()) or not (member.isreg() or member.isdir()):
            raise tarfile.TarError(f"{member.name!r} does not belong in a backup")
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        content = tar.extractfile(member)
        if content is None:
            raise tarfile.TarError(f"{member.name!r} has no content")
        with content, target.open("wb") as out:
            shutil.copyfileobj(content, out)
        target.chmod(member.mode & 0o755)


def _restore_database(url: str, dump: Path) -> None:
    bare, env = _client(url)
    script = subprocess.Popen(
        [_program("pg_restore", url), "--no-owner", "--no-privileges", "-f", "-", str(dump)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    psql = subprocess.Popen(
        [_program("psql", url), "--quiet", "--no-psqlrc", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-d", bare],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert script.stdout is not None
    assert psql.stdin is not None
    try:
        psql.stdin.write(EMPTY.encode())
        for line in script.stdout:
            # pg_dump writes the schema it was made with; ours stands already.
            if line.strip() != b"CREATE SCHEMA public;":
                psql.stdin.write(line)
        if script.wait():
            # Closing now would commit half of it.
            psql.stdin.write(b"\nSELECT 1/0;\n")
        psql.stdin.close()
    except BrokenPipeError:
        pass
    said = psql.stderr.read().decode() if psql.stderr else ""
    if psql.wait() or script.wait():
        wrong = (script.stderr.read().decode() if script.stderr else "") + said
        raise UserError(f"The database could not be restored, and is as it was:\n{wrong.strip()[-2000:]}")


def empty(url: str) -> None:
    """Drop every table of the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
