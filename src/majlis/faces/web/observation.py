"""What an operator sees of the web process: one log line and two counted figures per request, and the figures of the
queue. Never who asked, nor an address with somebody's id or secret in it: the route's pattern stands for it."""

import logging
import os
from collections.abc import Iterator
from functools import lru_cache

from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

logger = logging.getLogger("majlis.access")

REQUESTS = Counter("majlis_requests_total", "Answers, by method, route and status.", ["method", "route", "status"])
SECONDS = Histogram(
    "majlis_request_seconds",
    "Time to an answer, by route.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

QUEUE = """
SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
       count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),
       count(*) FILTER (WHERE status = 'doing'),
       count(*) FILTER (WHERE status = 'failed'),
       coalesce(extract(epoch FROM now() - min(coalesce(scheduled_at, at))
                FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))), 0)
FROM procrastinate_jobs
LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events e
                   WHERE e.job_id = procrastinate_jobs.id AND procrastinate_jobs.status = 'todo') began ON true
WHERE status IN ('todo', 'doing', 'failed')
"""


def observe(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count an answer and write its line."""
    match = request.resolver_match
    route = f"/{match.route}" if match is not None else "unmatched"
    method = request.method if request.method in METHODS else "OTHER"
    status = response.status_code
    count, time = counted(method, route, status)
    count.inc()
    time.observe(seconds)
    if logger.isEnabledFor(logging.INFO):
        facts = {"method": method, "path": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
        # As `logger.info` does, without looking up which line of the code it is said by.
        said = logger.makeRecord(
            logger.name, logging.INFO, __file__, 0, f"{method} {route} {status}", (), None, extra=facts
        )
        logger.handle(said)


@lru_cache(maxsize=2_000)
def counted(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """What counts such answers. (Routes are the house's own; nobody outside makes up another.)"""
    return REQUESTS.labels(method, route, status), SECONDS.labels(route)


def queue_figures() -> dict[str, float]:
    """Jobs `due`, `scheduled` for later, `running`, `dead` (given up after all retries), and how many seconds the
    oldest due one has waited (`waiting`)."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUE)
        due, scheduled, running, dead, waiting = cursor.fetchone()
    return {"due": due, "scheduled": scheduled, "running": running, "dead": dead, "waiting": float(waiting)}


class QueueFigures(Collector):
    """The queue's figures, read when they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = queue_figures()
        jobs = GaugeMetricFamily("majlis_jobs", "Jobs in the queue, by state.", labels=["state"])
        for state in ("due", "scheduled", "running", "dead"):
            jobs.add_metric([state], figures[state])
        yield jobs
        yield GaugeMetricFamily(
            "majlis_job_wait_seconds", "How long the oldest due job has waited.", value=figures["waiting"]
        )


def figures() -> bytes:
    """Everything, in Prometheus' text format; of all web processes when they share PROMETHEUS_MULTIPROC_DIR."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        for metric in (REQUESTS, SECONDS):
            registry.register(metric)
    registry.register(QueueFigures())
    return generate_latest(registry)
