import pytest

from majlis.engines.experts import services
from majlis.engines.experts.services.profiles import free_slug
from majlis.kernel.accounts.types import Role
from majlis.kit import testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db


class TestAddressOfAProfile:
    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Ahmed Hassan", "ahmed-hassan"),
            ("Élodie Müller", "elodie-muller"),
            ("O'Brien", "obrien"),
            ("سارة حسن", "سارة-حسن"),
            ("مُحَمَّد عبد الله", "محمد-عبد-الله"),
            ("زهـــرا رضایی", "زهرا-رضایی"),
            ("سارة Hassan", "سارة-hassan"),
            ("Işık Yılmaz", "işık-yılmaz"),
        ],
    )
    def test_is_the_name_in_letters_its_owner_reads(self, name, slug):
        assert free_slug(name, new_id()) == slug

    def test_says_something_where_a_name_has_no_letters(self):
        person_id = new_id()
        assert free_slug("…", person_id) == f"teacher-{person_id.hex[-6:]}"

    def test_two_of_one_name_have_two(self):
        sara, other = (testing.person("سارة حسن", roles=[Role.EXPERT]) for _n in range(2))
        assert services.start_profile(actor=sara).slug == "سارة-حسن"
        assert services.start_profile(actor=other).slug == f"سارة-حسن-{other.pk.hex[-6:]}"
