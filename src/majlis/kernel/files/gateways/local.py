"""Files on this machine's disk, under `MEDIA_ROOT`."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO


class LocalStore:
    """One directory; a file appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def put(self, key: str, content: BinaryIO, mime: str) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        content.seek(0)
        handle, waiting = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(content, file, 2**20)
                file.flush()
                os.fsync(file.fileno())
            os.replace(waiting, path)
        except BaseException:
            Path(waiting).unlink(missing_ok=True)
            raise

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        file = self._path(key).open("rb")
        file.seek(start)
        return file

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def link(self, key: str, *, mime: str, name: str, download: bool, seconds: int) -> str | None:
        return None

    def _path(self, key: str) -> Path:
        return self.root / key
