import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from majlis.config import postgres
from majlis.faces.cli import archive
from majlis.faces.cli.house import UserError


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    place = Path(tempfile.mkdtemp(prefix="mj-archive-"))
    place.chmod(0o755)
    with postgres.start(place, careless=True) as server:
        yield server
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def data(server: postgres.Server, tmp_path: Path) -> Path:
    """An installation with a row, a file and a key."""
    archive.empty(server.url)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        connection.execute("CREATE TABLE kept (word text PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES ('سلام')")
        # As in the books: what is written is never taken away.
        connection.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'")
        connection.execute("CREATE TRIGGER stays BEFORE DELETE ON kept EXECUTE FUNCTION refuse()")
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "photo").write_bytes(b"\0photo")
    (tmp_path / "secret_key").write_text("a key")
    return tmp_path


def words(server: postgres.Server) -> list[str]:
    with psycopg.connect(server.url) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM kept ORDER BY word")]


class TestBackupAndRestore:
    def test_bring_back_rows_files_and_key(self, server: postgres.Server, data: Path, tmp_path: Path):
        file = tmp_path / "all.tar"
        archive.backup(server.url, data, file)
        with psycopg.connect(server.url) as connection:
            connection.execute("INSERT INTO kept VALUES ('later')")
        shutil.rmtree(data / "files")
        (data / "secret_key").write_text("another key")

        archive.restore(server.url, data, file)

        assert words(server) == ["سلام"]
        assert (data / "files" / "ab" / "photo").read_bytes() == b"\0photo"
        assert (data / "secret_key").read_text() == "a key"
        with psycopg.connect(server.url) as connection, pytest.raises(psycopg.errors.RaiseException):
            connection.execute("DELETE FROM kept")

    def test_a_backup_is_for_its_owner_alone(self, server: postgres.Server, data: Path, tmp_path: Path):
        file = tmp_path / "all.tar"
        archive.backup(server.url, data, file)
        assert file.stat().st_mode & 0o077 == 0
        assert [p.name for p in tmp_path.glob("all.tar*")] == ["all.tar"]

    def test_refuses_what_is_no_backup_and_changes_nothing(self, server: postgres.Server, data: Path, tmp_path: Path):
        (tmp_path / "no.tar").write_bytes(b"this is not a tar")
        with pytest.raises(UserError, match="not a backup"):
            archive.restore(server.url, data, tmp_path / "no.tar")
        assert words(server) == ["سلام"]

    @pytest.mark.parametrize("name", ["../escaped.txt", "/tmp/escaped.txt"])
    def test_refuses_an_archive_that_leads_out_of_its_place(
        self, server: postgres.Server, data: Path, tmp_path: Path, name: str
    ):
        with tarfile.open(tmp_path / "sly.tar", "w") as tar:
            archive._add_text(tar, name, "got out")
        with pytest.raises(UserError, match="does not belong"):
            archive.restore(server.url, data, tmp_path / "sly.tar")
        assert not (data / "escaped.txt").exists()

    def test_a_damaged_dump_leaves_the_database_as_it_was(self, server: postgres.Server, data: Path, tmp_path: Path):
        dump = tmp_path / "half.dump"
        whole = tmp_path / "all.tar"
        archive.backup(server.url, data, whole)
        shutil.unpack_archive(whole, tmp_path / "out", "tar")
        everything = (tmp_path / "out" / "database.dump").read_bytes()
        dump.write_bytes(everything[: len(everything) // 2])
        with pytest.raises(UserError, match="is as it was"):
            archive._restore_database(server.url, dump)
        assert words(server) == ["سلام"]
