"""Who may do what, and who may come in."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.models import AuditEntry, StatusChange, User
from majlis.kernel.accounts.services.status import MayNotJudge
from majlis.kernel.accounts.types import Role, UserStatus
from majlis.kit import clock
from majlis.kit.errors import Forbidden, Invalid, NotFound
from majlis.kit.state import IllegalTransition
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


class TestGrantRole:
    def test_a_staff_role_opens_the_office(self):
        owner, salma = person(roles=["owner"]), person()
        assert services.grant_role(actor=owner, person=salma, role=Role.FINANCE)
        salma.refresh_from_db()
        assert salma.is_staff
        assert queries.has_role(salma, Role.FINANCE, Role.ADMIN)

    def test_granting_twice_changes_nothing_and_is_written_once(self):
        salma = person()
        assert services.grant_role(actor=None, person=salma, role=Role.EXPERT)
        assert not services.grant_role(actor=None, person=salma, role=Role.EXPERT)
        assert AuditEntry.objects.filter(action="role.granted").count() == 1

    def test_an_expert_is_not_staff(self):
        salma = person()
        services.grant_role(actor=None, person=salma, role=Role.EXPERT)
        assert not User.objects.get(id=salma.id).is_staff

    @pytest.mark.parametrize("roles", [[], ["support"], ["finance"], ["expert"]])
    def test_nobody_but_admins_and_owners_gives_roles(self, roles):
        with pytest.raises(services.CannotTouchRole):
            services.grant_role(actor=person(roles=roles), person=person(), role=Role.SUPPORT)

    def test_nobody_makes_themselves_an_owner(self):
        admin = person(roles=["admin"])
        with pytest.raises(services.CannotTouchRole):
            services.grant_role(actor=admin, person=admin, role=Role.OWNER)

    def test_taking_the_last_staff_role_closes_the_office(self):
        owner, salma = person(roles=["owner"]), person(roles=["support"])
        assert services.revoke_role(actor=owner, person=salma, role=Role.SUPPORT)
        assert not User.objects.get(id=salma.id).is_staff
        assert not queries.has_role(salma, Role.SUPPORT)

    def test_the_last_owner_stays(self):
        owner = person(roles=["owner"])
        with pytest.raises(services.LastOwner):
            services.revoke_role(actor=owner, person=owner, role=Role.OWNER)

    def test_every_active_person_is_a_member(self):
        salma = person()
        assert queries.has_role(salma, Role.MEMBER)
        with pytest.raises(Forbidden):
            queries.require_role(salma, Role.ADMIN)
        assert salma in queries.people_with_role(Role.MEMBER)


class TestStatus:
    def test_a_suspension_keeps_out_and_ends_by_itself(self):
        support, salma = person(roles=["support"]), person()
        services.suspend_person(
            actor=support, person=salma, reason="Rude in three lessons", until=clock.now() + timedelta(days=7)
        )
        assert not User.objects.get(id=salma.id).is_active
        assert services.lift_ended_suspensions() == 0
        assert services.lift_ended_suspensions(now=clock.now() + timedelta(days=8)) == 1
        salma.refresh_from_db()
        assert (salma.is_active, salma.status, salma.suspended_until) == (True, UserStatus.ACTIVE, None)
        moves = StatusChange.objects.filter(person=salma).order_by("id").values_list("before", "after")
        assert list(moves) == [("active", "suspended"), ("suspended", "active")]

    def test_needs_a_reason(self):
        with pytest.raises(Invalid):
            services.block_person(actor=person(roles=["admin"]), person=person(), reason=" ")

    def test_staff_do_not_lock_themselves_out(self):
        admin = person(roles=["admin"])
        with pytest.raises(services.NotYourself):
            services.block_person(actor=admin, person=admin, reason="oops")

    @pytest.mark.parametrize(
        ("judge", "judged"), [([], []), (["finance"], []), (["support"], ["support"]), (["admin"], ["owner"])]
    )
    def test_not_everybody_judges_everybody(self, judge, judged):
        with pytest.raises(MayNotJudge):
            services.block_person(actor=person(roles=judge), person=person(roles=judged), reason="no")

    def test_a_blocked_person_is_not_suspended(self):
        admin, salma = person(roles=["admin"]), person()
        services.block_person(actor=admin, person=salma, reason="Fraud")
        with pytest.raises(IllegalTransition):
            services.suspend_person(actor=admin, person=salma, reason="again")

    def test_blocking_signs_apps_out(self):
        salma = person()
        pair = services.issue_tokens(person=salma, device="Phone")
        assert queries.bearer(pair.access)
        services.block_person(actor=None, person=salma, reason="Fraud")
        assert queries.bearer(pair.access) is None
        with pytest.raises(services.BadToken):
            services.rotate_refresh_token(refresh=pair.refresh)

    def test_the_database_knows_that_only_active_people_sign_in(self):
        salma = person()
        with pytest.raises(DatabaseError), transaction.atomic():
            User.objects.filter(id=salma.id).update(status="blocked")


class TestAuditTrail:
    def test_is_append_only(self):
        entry = services.record_act(actor=None, action="test.done", target="x:1", facts={"n": 1})
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            AuditEntry.objects.filter(id=entry.id).update(action="nothing.happened")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_auditentry")

    def test_is_found_by_its_target(self):
        services.record_act(actor=None, action="test.done", target="x:1")
        services.record_act(actor=None, action="test.done", target="x:2")
        assert [e.target for e in queries.acts_on("x:1")] == ["x:1"]


class TestPerson:
    @pytest.mark.parametrize("wrong", ["nonsense", "00000000-0000-0000-0000-000000000000", ""])
    def test_an_unknown_id_is_not_found(self, wrong):
        with pytest.raises(NotFound):
            queries.person(wrong)
