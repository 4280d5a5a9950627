"""How our static files are collected for production: style sheets whole, every name with its hash, compressed."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = re.compile(r'@import url\("([^"]+)"\)(?: layer\((\w+)\))?;\n')
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
MAIN = "css/majlis.css"


class WholeStyles(CompressedManifestStaticFilesStorage):
    """Writes the imports of the main style sheet into it, so that a browser asks for one file instead of fifteen, and
    gives scripts that import each other the hashed names too."""

    support_js_module_import_aggregation = True
    # A page of an edition without a file answers with the plain name rather than with an error.
    manifest_strict = False

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if MAIN in paths and not dry_run:
            storage, path = paths[MAIN]
            with storage.open(path) as file:
                whole = self._with_imports(file.read().decode(), paths)
            self.delete(MAIN)
            self._save(MAIN, ContentFile(whole.encode()))
            paths = {**paths, MAIN: (self, MAIN)}
        yield from super().post_process(paths, dry_run, **options)

    @staticmethod
    def _with_imports(sheet: str, paths: dict[str, Any]) -> str:
        def read(match: re.Match[str]) -> str:
            storage, path = paths[f"css/{match[1]}"]
            with storage.open(path) as file:
                text = COMMENT.sub("", file.read().decode()).strip()
            # What stood one folder deeper names its pictures from there.
            return f"@layer {match[2]} {{\n{text}\n}}\n" if match[2] else f"{text}\n"

        return IMPORT.sub(read, COMMENT.sub("", sheet))
