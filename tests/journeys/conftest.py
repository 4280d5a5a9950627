"""Real browsers for journeys. How a journey is written:

    @pytest.mark.journey
    @pytest.mark.django_db(transaction=True)
    class TestSignUp:
        @pytest.mark.parametrize("language", ["en", "ar"])
        def test_a_visitor_joins(self, page_of, language):
            page = page_of(language=language, width=360)       # a visitor on a phone
            page.goto("/account/signup/")
            ...
            axe(page)                                           # from tests.journeys.conftest, or the fixture `axe`

- `live`: the web server on a free port (`live.url`), Django's own threaded one, sharing the test's database. Rows made
  in the test are seen by it because journeys run with `transaction=True`.
- `stream`: the real event stream (a process of its own) to which the pages connect; ask for it where live events
  matter. `stream.stop()` is `kill -9`, `stream.start()` brings it back at the same address.
- `browser`: one headless Chromium for the whole run (fake camera and microphone, loopback peer connections allowed).
- `page_of(person=None, *, language="en", width=1280, height=900, dark=False, zone="Africa/Cairo")`: a page in a browser
  of its own (own cookies), signed in as `person` by a session cookie; call it once per person of the story. `page.goto`
  takes paths. When the test ends, any uncaught script error or breach of the content security policy on any page fails
  it.
- `axe(page)`: asserts that axe finds nothing serious or critical on what is shown now.
"""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from majlis.faces.realtime.tests.server import Server, start_server

# Playwright's synchronous interface runs an event loop in this thread; the ORM may still be used between its calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

SHOTS = os.environ.get("MAJLIS_SHOTS", "")
"""Where pictures of the pages go, for whoever wants to see them."""
expect.set_options(timeout=15_000)  # two cores, several browsers
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
CHROMIUM = os.environ.get("MAJLIS_CHROMIUM") or next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE *.local",
]


@dataclass(frozen=True)
class Live:
    """A running Majlis."""

    url: str


class Stream:
    """The realtime server of this run, which a test may kill and bring back."""

    def __init__(self, origin: str, port: int) -> None:
        self.origin, self.port = origin, port
        self.server: Server | None = None

    def start(self) -> None:
        if self.server is None:
            self.server = start_server(self.origin, self.port)

    def stop(self) -> None:
        if self.server is not None:
            self.server.kill()
            self.server = None


@pytest.fixture(scope="session")
def stream_port() -> int:
    """Where the stream will be. Chosen before the web server starts, since its pages and its policy name it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.STREAM_URL = f"http://localhost:{port}/stream"
    return port


@pytest.fixture(scope="session")
def live_server(stream_port: int, live_server: Any) -> Any:
    """pytest-django's server, started when the stream's address is known."""
    return live_server


@pytest.fixture(scope="session")
def _stream(stream_port: int, live_server: Any) -> Iterator[Stream]:
    running = Stream(live_server.url, stream_port)
    yield running
    running.stop()


@pytest.fixture
def stream(_stream: Stream, transactional_db: None) -> Stream:
    """See the top of this file."""
    _stream.start()
    return _stream


@pytest.fixture
def live(live_server: Any) -> Live:
    """The web server of this test."""
    return Live(live_server.url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys; skipped with its reason where none is installed."""
    if not CHROMIUM:
        pytest.skip("No Chromium on this machine: install `chromium`, or name one in MAJLIS_CHROMIUM.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page_of(live: Live, browser: Browser) -> Iterator[Callable[..., Page]]:
    """See the top of this file."""
    contexts = []
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            faults.append(message.text)

    def open_page(
        person: Any = None,
        *,
        language: str = "en",
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        zone: str = "Africa/Cairo",
    ) -> Page:
        context = browser.new_context(
            base_url=live.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale=language,
            timezone_id=zone,
            permissions=["camera", "microphone"],
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        cookies = {settings.LANGUAGE_COOKIE_NAME: language}
        if person is not None:
            client = Client()
            client.force_login(person)
            cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": name, "value": value, "url": live.url} for name, value in cookies.items()])
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    _let_requests_end()
    assert not faults, "Faults in the browser:\n" + "\n".join(faults)


def _let_requests_end() -> None:
    """A page that closes sends its last words; emptying the tables meanwhile would deadlock with them. With the stream,
    which says every second who is here, it still may: then the stream's transaction is the one to give way."""
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
    patient = "SELECT set_config('deadlock_timeout', '30s', false) FROM pg_roles"
    quiet = 0
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(f"{patient} WHERE rolname = current_user AND rolsuper")
            cursor.execute(f"{busy} AND pid <> pg_backend_pid()")
            quiet = quiet + 1 if cursor.fetchone()[0] == 0 else 0
        if quiet == 3:
            return
        time.sleep(0.1)


def until(page: Page, true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Asserts that it becomes true while the page goes on living."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what
        page.wait_for_timeout(100)


def axe(page: Page) -> None:
    """Asserts that axe finds nothing serious or critical on the page as it is now."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    grave = [
        f"{rule['id']} ({rule['impact']}): {rule['help']}\n"
        + "\n".join(f"    {json.dumps(node['target'])} {node.get('failureSummary', '')}" for node in rule["nodes"][:4])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert not grave, f"{page.url}\n" + "\n".join(grave)


@pytest.fixture(name="axe")
def axe_fixture() -> Callable[[Page], None]:
    """`axe` as a fixture."""
    return axe


def no_sideways_scrolling(page: Page) -> None:
    """Asserts that nothing sticks out of the page."""
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter((e) => {
            const box = e.getBoundingClientRect();
            return document.documentElement.scrollWidth > innerWidth && (box.right > innerWidth + 1 || box.left < -1);
        }).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), wide


def look(page: Page, name: str) -> None:
    """What every page of a story must be; and a picture of it for whoever wants to see."""
    axe(page)
    no_sideways_scrolling(page)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
