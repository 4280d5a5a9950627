import io
from datetime import timedelta

import pytest
from PIL import Image

from majlis.kernel.files import gateways, queries, services
from majlis.kernel.files.models import StoredFile
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.testing import person

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def photo(width=800, height=600, kind="JPEG", place=True):
    """A photograph with a place in its EXIF."""
    exif = Image.Exif()
    if place:
        exif[0x010F] = "SpyCam 3000"
        exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 80, 40)).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.S3_URL = settings.CLAMD_URL = ""


@pytest.fixture
def salma(db):
    return person()


class TestStoreFile:
    def test_keeps_what_was_sent(self, salma):
        row = services.store_file(actor=salma, content=PDF, name="إيصال.pdf", purpose="receipt")
        assert (row.mime, row.size, row.name) == ("application/pdf", len(PDF), "إيصال.pdf")
        assert queries.read_file(row.pk) == PDF

    def test_believes_the_content_and_not_the_name(self, salma):
        with pytest.raises(services.FileTypeRefused):
            services.store_file(actor=salma, content=b"MZ\x90\x00" + b"\0" * 200, name="cv.pdf", purpose="document")

    @pytest.mark.parametrize(
        "content", [b"<svg onload=alert(1)>", b"<!doctype html><script>", b"hello <script>x</script>"]
    )
    def test_refuses_what_a_browser_would_run(self, salma, content):
        with pytest.raises(services.FileTypeRefused):
            services.store_file(actor=salma, content=content, name="notes.txt", purpose="attachment")

    def test_refuses_more_than_its_purpose_allows(self, salma):
        with pytest.raises(services.FileTooLarge) as refusal:
            services.store_file(actor=salma, content=PDF + b" " * 11 * 2**20, name="a.pdf", purpose="document")
        assert "10 MB" in str(refusal.value)

    def test_refuses_nothing_at_all(self, salma):
        with pytest.raises(services.FileEmpty):
            services.store_file(actor=salma, content=b"", name="a.pdf", purpose="document")

    def test_makes_pictures_anew_without_their_secrets(self, salma):
        row = services.store_file(actor=salma, content=photo(), name="me.jpg", purpose="avatar")
        remade = queries.read_file(row.pk)
        assert b"SpyCam" not in remade
        with Image.open(io.BytesIO(remade)) as image:
            assert not dict(image.getexif())
        assert set(row.variants) == {"96", "240", "480"}
        with Image.open(gateways.store().open(row.key("96"))) as small:
            assert (small.format, small.size) == ("WEBP", (96, 96))

    def test_refuses_half_a_picture(self, salma):
        with pytest.raises(services.FileTypeRefused):
            services.store_file(actor=salma, content=photo()[:600], name="me.jpg", purpose="avatar")

    def test_refuses_a_picture_that_claims_to_be_an_ocean(self, salma):
        bomb = io.BytesIO()
        Image.new("1", (12_000, 12_000)).save(bomb, "PNG")
        with pytest.raises(services.FileTypeRefused):
            services.store_file(actor=salma, content=bomb.getvalue(), name="me.png", purpose="avatar")

    def test_keeps_an_animation_moving(self, salma):
        frames = [Image.new("RGB", (40, 40), (i * 60, 0, 0)) for i in range(3)]
        out = io.BytesIO()
        frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80)
        row = services.store_file(actor=salma, content=out.getvalue(), name="wave.gif", purpose="attachment")
        with Image.open(io.BytesIO(queries.read_file(row.pk))) as image:
            assert image.n_frames == 3

    def test_cleans_names(self, salma):
        row = services.store_file(
            actor=salma, content=PDF, name="..\\..\\etc/pass\u202ewd\x00fdp.exe .pdf", purpose="receipt"
        )
        assert row.name == "passwdfdp.exe .pdf"


class TestClaim:
    def test_keeps_a_file_from_the_sweep(self, salma):
        kept = services.store_file(actor=salma, content=PDF, name="a.pdf", purpose="receipt")
        loose = services.store_file(actor=salma, content=PDF, name="b.pdf", purpose="receipt")
        services.claim_file(file_id=kept.pk, actor=salma, by="billing.receipt:1")
        with clock.travel(by=timedelta(hours=25)):
            assert services.sweep_files() == 1
        assert queries.read_file(kept.pk) == PDF
        with pytest.raises(NotFound):
            queries.read_file(loose.pk)
        assert not StoredFile.objects.filter(pk=loose.pk).exists()

    def test_refuses_somebody_elses_file(self, salma):
        row = services.store_file(actor=salma, content=PDF, name="a.pdf", purpose="receipt")
        with pytest.raises(NotFound):
            services.claim_file(file_id=row.pk, actor=person(), by="billing.receipt:1")

    def test_is_made_once(self, salma):
        row = services.store_file(actor=salma, content=PDF, name="a.pdf", purpose="receipt")
        for _n in range(2):
            services.claim_file(file_id=row.pk, actor=salma, by="billing.receipt:1")
        with pytest.raises(services.FileInUse):
            services.claim_file(file_id=row.pk, actor=salma, by="billing.receipt:2")

    def test_ends_with_release(self, salma):
        row = services.store_file(actor=salma, content=PDF, name="a.pdf", purpose="receipt")
        services.claim_file(file_id=row.pk, actor=salma, by="billing.receipt:1")
        assert services.release_file("billing.receipt:1") == 1
        with clock.travel(by=timedelta(hours=25)):
            assert services.sweep_files() == 1


class TestPersonalFiles:
    def test_go_with_the_account_and_evidence_stays(self, salma):
        avatar = services.store_file(actor=salma, content=photo(), name="me.jpg", purpose="avatar")
        receipt = services.store_file(actor=salma, content=PDF, name="a.pdf", purpose="receipt")
        services.claim_file(file_id=avatar.pk, actor=salma, by="accounts.user:1")
        assert services.remove_personal_files(salma.pk) == 1
        assert not StoredFile.objects.filter(pk=avatar.pk).exists()
        assert queries.read_file(receipt.pk) == PDF


class TestLinks:
    def test_of_public_pictures_never_change(self, salma):
        row = services.store_file(actor=salma, content=photo(), name="me.jpg", purpose="avatar")
        assert queries.file_url(row.pk, variant="96") == f"/files/public/{row.pk}/96"
        salma.avatar_id = row.pk
        assert queries.picture_url(salma, 100) == f"/files/public/{row.pk}/240"

    def test_of_private_files_are_signed(self, salma):
        row = services.store_file(actor=salma, content=PDF, name="a b.pdf", purpose="receipt")
        link = queries.file_url(row.pk)
        assert link.startswith(f"/files/{row.pk}/a%20b.pdf?e=")
        assert queries.file_url(row.pk, download=True) != link
