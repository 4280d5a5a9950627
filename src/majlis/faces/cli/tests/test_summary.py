from pathlib import Path

from majlis.faces.cli.commands.test import summary

REPORT = """<testsuites><testsuite>
<testcase classname="a.TestA" name="test_fine"/>
<testcase classname="a.TestA" name="test_broken"><failure message="no"/></testcase>
<testcase classname="a.TestB" name="test_left_out"><skipped message="no browser here"/></testcase>
</testsuite></testsuites>"""


class TestSummary:
    def test_says_what_ran_what_was_skipped_and_why(self, tmp_path: Path, capsys):
        (tmp_path / "report.xml").write_text(REPORT)
        summary(tmp_path / "report.xml", 1, None, 12.3)
        said = capsys.readouterr().out
        assert "1 passed, 1 failed, 1 skipped, in 12 s." in said
        assert "skipped 1: no browser here" in said
        assert "failed: a.TestA::test_broken" in said
        assert said.rstrip().endswith("Not everything passed.")

    def test_says_when_pytest_did_not_get_to_the_end(self, tmp_path: Path, capsys):
        summary(tmp_path / "none.xml", 4, None, 1)
        assert "did not get to the end (exit status 4)" in capsys.readouterr().out
