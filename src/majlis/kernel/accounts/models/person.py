"""People, their roles, their places."""

from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from majlis.kernel.accounts.types import Gender, Role, UserStatus
from majlis.kit import clock
from majlis.kit.db import Record
from majlis.kit.ids import new_id


class People(BaseUserManager["User"]):
    """How Django and allauth make a user."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=(email or "").lower() or None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An owner. `manage createsuperuser` calls this; inside the house use `services.enrol_person`."""
        user = self.create_user(email, password, is_staff=True, **fields)
        user.role_grants.create(role=Role.OWNER)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """One person, whatever they do here: learn, teach, work in the office, or several of these.

    There is no role column: roles are rows, since a person can hold several; and none of Django's groups and
    permissions, which would be a second answer to the same question. There is no age: it is derived from `birth_date`.
    An account that was deleted stays as an anonymised row, so that books and evidence survive it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, null=True, blank=True, unique=True)
    """Always lower case, so that unique means unique. Whether it is verified is allauth's `EmailAddress`."""
    phone = models.CharField(max_length=20, null=True, blank=True)
    """E.164, with the plus sign."""
    phone_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    name = models.CharField(max_length=150)
    gender = models.CharField(max_length=10, choices=Gender.choices, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    avatar_id = models.UUIDField(null=True, blank=True)
    """The stored file shown as their picture; no foreign key, since files stands above accounts."""
    status = models.CharField(max_length=10, choices=UserStatus.choices, default=UserStatus.ACTIVE)
    suspended_until = models.DateTimeField(null=True, blank=True, editable=False)
    """When a suspension ends by itself; absent: when staff restore them."""
    is_staff = models.BooleanField(default=False, editable=False)
    """Whether they hold a role of the office. Kept by `grant_role` and `revoke_role`, for Django's admin."""
    language = models.CharField(max_length=8, default="en")
    zone = models.CharField(max_length=64, default="UTC")
    """IANA name."""
    currency = models.CharField(max_length=4, default="USD")
    country = models.CharField(max_length=2, blank=True)
    """ISO 3166-1 alpha-2."""
    city = models.CharField(max_length=64, blank=True)
    """The slug of a city of the catalogue; no foreign key, since the catalogue stands above accounts."""
    privacy = models.JSONField(default=dict, blank=True)
    """Their choices about what others see: `{"show_presence": true, "show_city": true}`; absent means shown."""
    terms_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

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
            models.CheckConstraint(
                condition=models.Q(suspended_until__isnull=True) | models.Q(status="suspended"),
                name="only_a_suspension_ends_by_itself",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="anonymised")
                | models.Q(email__isnull=True, phone__isnull=True, birth_date__isnull=True, avatar_id__isnull=True),
                name="anonymised_people_have_nothing_personal",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def roles(self) -> frozenset[str]:
        """Their granted roles; read once per object (`queries.has_role` asks this)."""
        if "_roles" not in self.__dict__:
            self._roles = frozenset(self.role_grants.values_list("role", flat=True))
        return self._roles

    def forget_roles(self) -> None:
        """Read the roles anew next time: called by who changes them."""
        self.__dict__.pop("_roles", None)

    def age_on(self, day: date) -> int | None:
        """Full years on `day`, or None when the birth date is unknown."""
        if self.birth_date is None:
            return None
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        """Django's admin asks this; the office's pages name their roles themselves."""
        return self.is_active and Role.OWNER in self.roles

    def has_perms(self, permissions: Any, obj: Any = None) -> bool:
        return all(self.has_perm(p, obj) for p in permissions)

    def has_module_perms(self, label: str) -> bool:
        return self.is_active and self.is_staff


class RoleGrant(Record):
    """A person holds a role. Taking it deletes the row; who gave and took it is in the audit trail."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=12, choices=[c for c in Role.choices if c[0] != Role.MEMBER])
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """None: the house itself."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "role"], name="a_role_is_held_once"),
            models.CheckConstraint(condition=~models.Q(role="member"), name="membership_needs_no_row"),
        ]
        indexes = [models.Index(fields=["role"], name="role_holders")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()}"


class StatusChange(Record):
    """One move of a person's status: who, when, from what to what, why."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="status_changes")
    before = models.CharField(max_length=10, choices=UserStatus.choices)
    after = models.CharField(max_length=10, choices=UserStatus.choices)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Address(Record):
    """A place a person gave: where a lesson can happen, where an invoice goes."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="addresses")
    label = models.CharField(max_length=50)
    country = models.CharField(max_length=2, blank=True)
    province = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=100)
    district = models.CharField(max_length=100, blank=True)
    detail = models.TextField(blank=True, max_length=500)
    lat = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    lng = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    is_primary = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(is_primary=True), name="one_address_is_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(lat__isnull=True, lng__isnull=True)
                | models.Q(lat__range=(-90, 90), lng__range=(-180, 180)),
                name="coordinates_are_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.city}"
