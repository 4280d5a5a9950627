"""Files in a bucket of S3 or of anything that speaks it."""

from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.http import content_disposition_header

from majlis.kernel.files.gateways.base import StoreUnreachable
from majlis.kit.db import refuse_transaction


@dataclass(frozen=True, slots=True)
class Bucket:
    """What `S3_URL` says: `s3://KEY:SECRET@host[:port]/bucket[/prefix]?region=eu-central-1&secure=0`."""

    endpoint: str
    name: str
    prefix: str
    region: str
    key: str
    secret: str

    @classmethod
    def of(cls, url: str) -> "Bucket":
        parts, query = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
        scheme = "http" if query.get("secure") == "0" else "https"
        name, _, prefix = parts.path.strip("/").partition("/")
        return cls(
            endpoint=f"{scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else ""),
            name=name,
            prefix=f"{prefix}/" if prefix else "",
            region=query.get("region", "us-east-1"),
            key=unquote(parts.username or ""),
            secret=unquote(parts.password or ""),
        )


class S3Store:
    """One bucket. Browsers fetch from it directly through presigned links."""

    def __init__(self, url: str) -> None:
        self.bucket = Bucket.of(url)
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=self.bucket.endpoint,
            region_name=self.bucket.region,
            aws_access_key_id=self.bucket.key,
            aws_secret_access_key=self.bucket.secret,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=5,
                read_timeout=60,
                retries={"max_attempts": 3, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: str, content: BinaryIO, mime: str) -> None:
        refuse_transaction()
        content.seek(0)
        try:
            self.client.upload_fileobj(content, self.bucket.name, self._key(key), ExtraArgs={"ContentType": mime})
        except (BotoCoreError, ClientError) as wrong:
            raise StoreUnreachable(str(wrong)) from wrong

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        span = {"Range": f"bytes={start}-{start + length - 1 if length else ''}"} if start or length else {}
        try:
            return self.client.get_object(Bucket=self.bucket.name, Key=self._key(key), **span)["Body"]
        except ClientError as wrong:
            if wrong.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                raise FileNotFoundError(key) from wrong
            raise StoreUnreachable(str(wrong)) from wrong
        except BotoCoreError as wrong:
            raise StoreUnreachable(str(wrong)) from wrong

    def delete(self, key: str) -> None:
        refuse_transaction()
        try:
            self.client.delete_object(Bucket=self.bucket.name, Key=self._key(key))
        except (BotoCoreError, ClientError) as wrong:
            raise StoreUnreachable(str(wrong)) from wrong

    def link(self, key: str, *, mime: str, name: str, download: bool, seconds: int) -> str | None:
        return self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket.name,
                "Key": self._key(key),
                "ResponseContentType": mime,
                "ResponseContentDisposition": content_disposition_header(download, name) or "inline",
            },
            ExpiresIn=seconds,
        )

    def _key(self, key: str) -> str:
        return self.bucket.prefix + key
