import pytest

from majlis.faces.cli import advisories


def package(name: str, *vulnerabilities: dict) -> dict:
    return {"name": name, "version": "1.0", "vulns": list(vulnerabilities)}


MENDED = {"id": "PYSEC-2026-1", "fix_versions": ["1.1", "0.9.4"], "aliases": [], "description": ""}
OPEN = {"id": "PYSEC-2026-2", "fix_versions": [], "aliases": [], "description": ""}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found"}


class TestAdvisories:
    def test_a_package_that_a_newer_version_mends_must_be_renewed(self):
        count, said = advisories.judge([package("sound"), package("leaky", MENDED, OPEN)])
        assert count == 1
        assert said == "leaky 1.0: PYSEC-2026-1, PYSEC-2026-2, mended in 0.9.4, 1.1."

    def test_what_nothing_mends_is_named_and_stops_nobody(self):
        count, said = advisories.judge([package("leaky", OPEN)])
        assert (count, said) == (0, "leaky 1.0: PYSEC-2026-2, not mended by any version yet.")

    def test_an_index_that_knows_nothing_is_not_taken_for_a_clean_bill(self):
        count, said = advisories.judge([UNKNOWN, UNKNOWN])
        assert count == 0
        assert said.startswith("Nothing was audited")

    def test_says_how_many_it_does_not_know(self):
        assert advisories.judge([package("sound"), UNKNOWN]) == (0, "1 of 2 packages are unknown to the index.")

    def test_without_a_line_it_says_so_and_goes_on(self, monkeypatch: pytest.MonkeyPatch, tmp_path):
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
        count, said = advisories.problems(advisories.LOCK, "--cache-dir", str(tmp_path))
        assert count == 0
        assert said.startswith("Nothing was audited")
