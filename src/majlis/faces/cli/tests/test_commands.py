from datetime import timedelta

import pytest

from majlis.faces.cli.__main__ import main, parser
from majlis.faces.cli.commands.clock import span
from majlis.faces.cli.house import UserError
from majlis.faces.cli.progress import Bar

COMMANDS = [
    *("up", "test", "check", "bench", "audit", "clock", "backup", "restore", "demo", "doctor"),
    *("messages", "lock", "web", "worker", "realtime", "manage"),
]


class TestCommandLine:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_explains_itself(self, command: str, capsys):
        if command == "manage":
            assert command in parser().format_help()
            return
        try:
            status = main([command, "--help"])
        except SystemExit as stopped:
            status = stopped.code
        assert status == 0
        assert f"usage: majlis {command}" in capsys.readouterr().out

    def test_says_what_is_wrong_without_a_traceback(self, tmp_path, capsys):
        assert main(["restore", str(tmp_path / "nothing.tar"), "--data", str(tmp_path)]) == 2
        assert "does not exist" in capsys.readouterr().err

    def test_a_production_process_needs_a_database(self, monkeypatch, capsys):
        monkeypatch.delenv("DATABASE_URL", raising=False)
        assert main(["worker"]) == 2
        assert "DATABASE_URL is not set" in capsys.readouterr().err

    def test_replaces_nothing_without_being_told(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr("sys.stdin.isatty", lambda: False)
        assert main(["demo", "reset", "--data", str(tmp_path)]) == 2
        assert "--yes" in capsys.readouterr().err

    def test_throws_nothing_away_outside_a_sandbox(self, tmp_path, capsys, monkeypatch):
        monkeypatch.setenv("MAJLIS_SANDBOX", "0")
        assert main(["demo", "reset", "--yes", "--data", str(tmp_path)]) == 2
        assert "not a sandbox" in capsys.readouterr().err


class TestSpan:
    @pytest.mark.parametrize(
        ("said", "meant"),
        [
            ("+3d", timedelta(days=3)),
            ("2h30m", timedelta(hours=2, minutes=30)),
            ("-1w", timedelta(weeks=-1)),
            ("90m", timedelta(minutes=90)),
        ],
    )
    def test_reads_a_length_of_time(self, said: str, meant: timedelta):
        assert span(said) == meant

    @pytest.mark.parametrize("said", ["", "3", "d", "tomorrow", "3x"])
    def test_refuses_what_is_none(self, said: str):
        with pytest.raises(UserError):
            span(said)


class TestBar:
    def test_says_where_it_is_without_a_terminal(self, capsys):
        bar = Bar("Demonstration")
        for done in range(101):
            bar(done, 100, "lessons")
        bar.finish()
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 12
        assert lines[5].strip() == "Demonstration: 50% lessons"
        assert "✓ Demonstration" in lines[-1]
