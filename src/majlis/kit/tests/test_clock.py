import subprocess
import sys
from datetime import timedelta

import pytest

from majlis.kit import clock

READER = """
import pathlib, sys
file, seen = pathlib.Path(sys.argv[1]), set()
print("ready", flush=True)
while "0" not in seen:
    seen.add(file.read_text())
print(sorted(seen - {"0"}, key=int))
"""


@pytest.fixture(autouse=True)
def sandbox(settings, tmp_path):
    settings.SANDBOX, settings.CLOCK_FILE = True, tmp_path / "data" / "clock"


class TestOffset:
    def test_is_zero_until_somebody_moves_the_clock(self):
        assert clock.offset() == timedelta()

    def test_is_what_was_set_last(self):
        for days in (3, 1, 0, 40):
            clock.set_offset(timedelta(days=days))
            assert clock.offset() == timedelta(days=days)

    def test_the_clock_is_not_moved_outside_the_sandbox(self, settings):
        settings.SANDBOX = False
        with pytest.raises(RuntimeError):
            clock.set_offset(timedelta(days=1))

    def test_nobody_reads_half_of_it(self, settings):
        """Another process reads all the while; an empty file would say "not moved"."""
        clock.set_offset(timedelta(seconds=111_111))
        words = [sys.executable, "-c", READER, str(settings.CLOCK_FILE)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "ready\n"
            for number in range(2_000):
                clock.set_offset(timedelta(seconds=111_111 * (1 + number % 2)))
            clock.set_offset(timedelta())
            said = reader.stdout.read()
        assert "''" not in said
        assert "'111111'" in said
