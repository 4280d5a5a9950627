"""What a log line leaves out."""

import json
import logging
import sys

from majlis.config import logs, payments


def line(message, *arguments, fault=None):
    record = logging.LogRecord("majlis", logging.ERROR, "here.py", 1, message, arguments, fault)
    return logs.JsonLines().format(record)


class TestALogLine:
    def test_says_what_happened_as_json(self):
        said = json.loads(line("%s does not answer: %s.", "stripe", "slow"))
        assert said["message"] == "stripe does not answer: slow."

    def test_holds_no_key_that_looks_like_one(self):
        keys = (
            "sk_live_51HxAbCdEf0123456789",
            "whsec_0123456789abcdef",
            "xnd_production_abc123DEF456",
            "SB-Mid-server-abcdefghij",
            "MID-SERVER-abcdefghij",
            "rk_test_51HxAbCdEf0123456789",
            "egy_sk_live_0123456789",
            "EGY_SK_TEST_0123456789",
            "token abcdefghijkl0123456789",
            "Basic c2tfdGVzdF8wMTIzNDU2Nzg5Og==",
            "Bearer A21AAJ0123456789",
        )
        written = line("asked with " + " and ".join(keys))
        assert written.count("[secret]") == len(keys)
        assert not [key for key in keys if key in written]

    def test_holds_no_key_we_were_given_whatever_it_looks_like(self, monkeypatch):
        given = {"fawry": {"security_key": "259af31f-TEST", "merchant_code": "1tSa6uxz2n"}}
        monkeypatch.setattr(payments, "PAYMENTS", given)
        try:
            raise ValueError("signed with 259af31f-TEST for 1tSa6uxz2n")
        except ValueError:
            written = line("It broke.", fault=sys.exc_info())
        assert "259af31f-TEST" not in written
        assert "1tSa6uxz2n" in written
        assert "ValueError" in written
