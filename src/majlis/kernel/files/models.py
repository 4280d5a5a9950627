"""The tables of files."""

from django.db import models

from majlis.kernel.files.types import FileState
from majlis.kit import clock
from majlis.kit.db import Record


class StoredFile(Record):
    """One uploaded or made file; its bytes lie in the store under `key`, and never change.

    There is no URL column: links are signed when they are asked for. There is no foreign key to what uses it, since
    any module may: `claimed_by` names the user of the file in words (`messaging.message:<id>`).
    """

    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Who sent it; empty for what the house made itself."""
    purpose = models.CharField(max_length=20)
    name = models.CharField(max_length=150)
    """As its sender called it, cleaned; only ever shown or offered as a download's name."""
    mime = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    variants = models.JSONField(default=dict)
    """Which thumbnails exist, and their sizes in bytes: `{"96": 2210, "240": 7804, "480": 20133}`."""
    public = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.STORING)
    claimed_by = models.CharField(max_length=120, blank=True, db_index=True)
    loose_since = models.DateTimeField(default=clock.now, null=True, blank=True)
    """Since when nobody uses it; empty while claimed. The sweep removes what is loose for a day."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(claimed_by="", loose_since__isnull=False)
                | (~models.Q(claimed_by="") & models.Q(loose_since__isnull=True)),
                name="a_file_is_claimed_or_loose",
            ),
            models.CheckConstraint(condition=models.Q(size__gt=0), name="a_file_has_content"),
        ]
        indexes = [
            models.Index(fields=["loose_since"], name="files_loose", condition=models.Q(loose_since__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.purpose})"

    @property
    def is_picture(self) -> bool:
        """Whether it is an image with thumbnails."""
        return self.mime.startswith("image/")

    def key(self, variant: str = "") -> str:
        """Where its bytes lie in the store; spread over 4,096 folders by the random end of the id."""
        folder = self.id.hex[-3:]
        return f"{folder}/{self.id.hex}" + (f".{variant}.webp" if variant else "")
