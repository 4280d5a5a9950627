"""People."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from majlis.kernel.accounts.types import Gender, UserStatus
from majlis.kit import clock
from majlis.kit.ids import new_id


class People(BaseUserManager["User"]):
    """How Django and allauth make a user."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=(email or "").lower() or None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One person, whatever they do here: learn, teach, work in the office, or several of these.

    There is no role column: roles are rows, since a person can hold several. There is no age: it is derived from
    `birth_date`. An account that was deleted stays as an anonymised row, so that books and evidence survive it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, null=True, blank=True, unique=True)
    """Always lower case, so that unique means unique."""
    phone = models.CharField(max_length=20, null=True, blank=True)
    """E.164, with the plus sign."""
    name = models.CharField(max_length=150)
    gender = models.CharField(max_length=10, choices=Gender.choices, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    avatar_id = models.UUIDField(null=True, blank=True)
    """The stored file shown as their picture; no foreign key, since files stands above accounts."""
    status = models.CharField(max_length=10, choices=UserStatus.choices, default=UserStatus.ACTIVE)
    is_staff = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="en")
    zone = models.CharField(max_length=64, default="UTC")
    """IANA name."""
    currency = models.CharField(max_length=4, default="USD")
    country = models.CharField(max_length=2, blank=True)
    """ISO 3166-1 alpha-2."""
    city = models.CharField(max_length=64, blank=True)
    """The slug of a city of the catalogue; no foreign key, since the catalogue stands above accounts."""
    created_at = models.DateTimeField(default=clock.now, editable=False)

    is_active = models.BooleanField(default=True, editable=False)
    """Whether they may sign in: Django and allauth ask this. Moves with `status`, held together by a constraint."""

    objects = People()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email__isnull=True) | models.Q(email=Lower("email")),
                name="email_is_lower_case",
            ),
            models.CheckConstraint(
                condition=models.Q(status="active", is_active=True)
                | (~models.Q(status="active") & models.Q(is_active=False)),
                name="only_active_people_may_sign_in",
            ),
            models.UniqueConstraint("phone", name="phone_belongs_to_one_person"),
            models.CheckConstraint(
                condition=models.Q(phone__isnull=True) | models.Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="phone_is_e164",
            ),
        ]

    def __str__(self) -> str:
        return self.name
