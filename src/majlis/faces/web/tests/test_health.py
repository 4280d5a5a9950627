import json
import logging

import pytest
from django.db import connection
from django.test import Client

from majlis.config.logs import JsonLines


@pytest.fixture
def outsider():
    return Client(REMOTE_ADDR="203.0.113.7")


class TestHealthz:
    def test_answers_without_a_database(self, client):
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
class TestReadyz:
    def test_says_that_database_and_cache_answer(self, client):
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok", "database": "ok", "cache": "ok"}


@pytest.mark.django_db
class TestMetrics:
    def test_counts_requests_by_route_and_dead_jobs(self, client):
        client.get("/healthz")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) "
                "VALUES ('default', 'kit.gone', '{}', 'failed')"
            )
        text = client.get("/metrics").content.decode()
        assert 'majlis_requests_total{method="GET",route="/healthz",status="200"}' in text
        assert 'majlis_jobs{state="dead"} 1.0' in text

    def test_does_not_exist_for_outsiders(self, outsider):
        assert outsider.get("/metrics").status_code == 404

    def test_does_not_exist_through_a_proxy_on_this_machine(self, client):
        assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404

    def test_opens_to_the_token(self, outsider, settings):
        settings.METRICS_TOKEN = "a-long-token"
        assert outsider.get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200
        assert outsider.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404


class TestAccessLog:
    def test_is_one_json_line_with_the_route_and_without_personal_data(self, client, caplog):
        with caplog.at_level(logging.INFO, logger="majlis.access"):
            client.get("/healthz?email=salma@example.test", headers={"X-Request-Id": "abcdefgh-1"})
        (record,) = [r for r in caplog.records if r.name == "majlis.access"]
        line = JsonLines().format(record)
        said = json.loads(line)
        assert said["path"] == "/healthz"
        assert said["status"] == 200
        assert said["milliseconds"] >= 0
        assert "salma" not in line
