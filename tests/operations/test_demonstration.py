"""A small demonstration, made as `up` makes it: by several processes, on a database of its own."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from majlis.config import postgres

HOME = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.timeout(600)]

LOAD = """
import json, django

def main():
    django.setup()
    from majlis.engines.billing.models import Invoice, Subscription
    from majlis.engines.experts.models import Listing
    from majlis.faces.cli import demonstration
    from majlis.kit import audit
    from majlis.products.lessons.models import Lesson
    seen = []
    demonstration.load(lambda done, of, what: seen.append((done, of)), experts=22, members=24, weeks=3)
    counts = {model.__name__: model.objects.count() for model in (Invoice, Lesson, Listing, Subscription)}
    found = [finding for outcome in audit.run() for finding in outcome.findings]
    print(json.dumps({"counts": counts, "findings": found, "progress": [seen[0], seen[-1]]}))

if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
def loaded() -> Any:
    """What was counted and found after it was loaded."""
    with tempfile.TemporaryDirectory(prefix="mj-story-") as place:
        Path(place).chmod(0o755)
        (Path(place) / "load.py").write_text(LOAD)
        server = postgres.start(Path(place))
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "HOME"}}
        env = {
            **kept,
            "PYTHONPATH": str(HOME / "src"),
            "DJANGO_SETTINGS_MODULE": "majlis.config.settings",
            "DATABASE_URL": server.url,
            "MAJLIS_DATA": place,
            "MAJLIS_SANDBOX": "1",
        }
        try:
            for words in (["-m", "django", "migrate", "-v0"], ["-m", "django", "createcachetable"], ["load.py"]):
                done = subprocess.run(
                    [sys.executable, *words], cwd=place, env=env, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, done.stderr[-3000:]
            yield json.loads(done.stdout.strip().splitlines()[-1])
        finally:
            server.leave()


class TestDemonstration:
    def test_audits_clean(self, loaded: dict[str, Any]):
        assert loaded["findings"] == []

    def test_has_people_their_past_and_their_money(self, loaded: dict[str, Any]):
        assert loaded["counts"]["Listing"] >= 20
        assert min(loaded["counts"].values()) > 0, loaded["counts"]

    def test_says_how_far_it_is(self, loaded: dict[str, Any]):
        (first, whole), (last, _whole) = loaded["progress"]
        assert 0 <= first < last == whole
