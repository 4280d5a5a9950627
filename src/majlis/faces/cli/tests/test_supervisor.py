import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from majlis.faces.cli.supervisor import LIFELINE, Process, clear_away, ending, error_in, stop, write_down


def process(tmp_path: Path, code: str) -> Process:
    return Process("tea", [sys.executable, "-c", code], {**os.environ, "MARK": "1"}, tmp_path / "tea.log")


class TestProcess:
    def test_is_started_again_at_once_then_more_patiently(self, tmp_path: Path):
        one = process(tmp_path, "raise SystemExit(3)")
        one.start()
        for deaths in (1, 2):
            one.running.wait(20)
            one.tend()
            assert one.deaths == deaths
            one.tend()
        assert one.again_at > time.monotonic()

    def test_what_it_says_is_written_down(self, tmp_path: Path):
        one = process(tmp_path, "print('the kettle boils', flush=True)")
        one.start()
        one.running.wait(20)
        end = time.monotonic() + 5
        while "kettle" not in (one.log.read_text() if one.log.exists() else "") and time.monotonic() < end:
            time.sleep(0.05)
        assert one.log.read_text() == "the kettle boils\n"

    def test_one_that_does_not_listen_is_stopped_all_the_same(self, tmp_path: Path):
        one = process(tmp_path, "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")
        one.start()
        time.sleep(0.5)
        stop([one], patience=0.5)
        assert one.running.wait(5) < 0

    def test_what_a_killed_start_left_is_cleared_away_but_no_stranger(self, tmp_path: Path):
        ours, stranger = (
            process(tmp_path, "import time; time.sleep(60)"),
            process(tmp_path, "import time; time.sleep(60)"),
        )
        stranger.env = {**os.environ}
        ours.start()
        stranger.start()
        stranger.name = "stranger"
        time.sleep(0.3)
        write_down([ours, stranger], tmp_path / "processes.json")
        clear_away(tmp_path / "processes.json", "MARK=1")
        assert ours.running.wait(5) == -9
        assert stranger.running.poll() is None
        stop([stranger])


class TestWriteDown:
    def test_nobody_reads_half_of_it(self, tmp_path: Path):
        path, seen, over = tmp_path / "processes.json", set(), threading.Event()
        write_down([], path)

        def read() -> None:
            while not over.is_set():
                seen.add(path.read_text())

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read)
            for _time in range(2_000):
                write_down([], path)
            over.set()
            reading.result()
        assert seen == {"{}"}


class TestLifeline:
    def test_one_whose_parent_was_killed_before_it_began_does_not_begin(self, tmp_path: Path):
        began = tmp_path / "began"
        orphan = [sys.executable, "-I", str(LIFELINE), "999999999", sys.executable, "-c", f"open({str(began)!r}, 'w')"]
        assert subprocess.run(orphan, check=False).returncode == 1
        assert not began.exists()


class TestErrorIn:
    def test_shows_errors_and_keeps_the_rest_in_the_log(self):
        error = {"level": "error", "message": "Internal Server Error", "trace": "Traceback …\nKeyError: 'x'"}
        assert error_in(json.dumps(error).encode()) == "Internal Server Error — KeyError: 'x'"
        assert error_in(b'{"level": "info", "message": "GET / 200"}') == ""
        assert error_in(b"[INFO] Started worker-1\n") == ""


class TestEnding:
    def test_is_said_in_words(self):
        assert ending(-9) == "killed by SIGKILL"
        assert ending(3) == "exit status 3"
