"""Keys for programs, and the answers they may ask for twice. Secrets are kept as SHA-256 of 256 random bits."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from majlis.kernel.accounts.models.person import User
from majlis.kit.db import Record


class RefreshFamily(Record):
    """One sign-in of one app: a chain of refresh tokens of which only the newest is good."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="apps")
    device = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    used_at = models.DateTimeField()
    """The last rotation."""
    revoked_at = models.DateTimeField(null=True)
    revoked_why = models.CharField(max_length=40, blank=True)
    """`signed_out`, `reuse`, `password_changed`, `status`."""

    class Meta:
        verbose_name_plural = "refresh families"
        indexes = [
            models.Index(fields=["person"], condition=models.Q(revoked_at__isnull=True), name="open_apps_of_person")
        ]

    def __str__(self) -> str:
        return self.device


class RefreshToken(Record):
    """One link of the chain. `used_at` is set by the one rotation that won; whoever comes later with the same token
    shows that it was copied."""

    family = models.ForeignKey(RefreshFamily, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["family"], condition=models.Q(used_at__isnull=True), name="a_family_has_one_unused_token"
            )
        ]

    def __str__(self) -> str:
        return f"{self.family_id} · {self.created_at}"


class PersonalToken(Record):
    """An access key a person made for a program of theirs, with the scopes they chose."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    """How the secret ends, to tell keys apart."""
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    """The last use, to the minute."""
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(scopes=[]), name="a_key_may_do_something"),
        ]

    def __str__(self) -> str:
        return self.name


class IdempotentAnswer(Record):
    """The answer to a request that carried an `Idempotency-Key`, given again when the request comes again."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    """SHA-256 of method, path and body: the same key with another request is refused."""
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=80)
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="an_answer_is_kept_once_per_key")]
        indexes = [models.Index(fields=["created_at"], name="answers_by_age")]

    def __str__(self) -> str:
        return self.key
