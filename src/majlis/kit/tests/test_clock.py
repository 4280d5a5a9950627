import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from majlis.kit import clock


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
        """Somebody reads all the while; an empty file would say "not moved"."""
        clock.set_offset(timedelta(seconds=111_111))
        seen, over = set(), threading.Event()

        def read():
            while not over.is_set():
                seen.add(settings.CLOCK_FILE.read_text())

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read)
            for number in range(2_000):
                clock.set_offset(timedelta(seconds=111_111 * (1 + number % 2)))
            over.set()
            reading.result()
        assert seen == {"111111", "222222"}
