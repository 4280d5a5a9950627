from collections.abc import Iterator

import pytest

from majlis.kit import audit


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(audit, "_checks", {})


@pytest.mark.usefixtures("registry")
class TestAudit:
    def test_says_which_claims_hold_and_which_rows_break_the_others(self):
        @audit.check("tea: every kettle has a lid")
        def lids() -> Iterator[str]:
            yield "Kettle 7 has no lid."

        @audit.check("tea: no cup is lent twice")
        def cups() -> list[str]:
            return []

        outcomes = {o.claim: o.findings for o in audit.run()}
        assert outcomes == {"tea: every kettle has a lid": ("Kettle 7 has no lid.",), "tea: no cup is lent twice": ()}

    def test_stops_at_the_limit_and_says_so(self):
        @audit.check("tea: endless")
        def endless() -> Iterator[str]:
            while True:
                yield "One more."

        (outcome,) = audit.run(limit=3)
        assert len(outcome.findings) == 3
        assert outcome.more

    def test_refuses_two_checks_with_one_claim(self):
        audit.check("tea: one")(lambda: [])
        with pytest.raises(ValueError, match="registered twice"):
            audit.check("tea: one")(lambda: [])
