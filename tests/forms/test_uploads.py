"""Uploaded files: real ones come in, disguised, broken and oversized ones do not (R-V-10)."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from forms.uploads import FileRefused, PreviewFailed, check_upload, clean_file_name, render_page

MAX_MB = 5


def picture(kind: str, size: tuple[int, int] = (300, 200), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind, **options)
    return out.getvalue()


def pdf(pages: int = 2) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842).close()
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def code_of(file_name: str, content: bytes) -> str:
    with pytest.raises(FileRefused) as refusal:
        check_upload(file_name, content, max_mb=MAX_MB, field="AT-01")
    reason = refusal.value.reasons[0]
    assert reason.field == "AT-01"
    assert reason.rule == "R-V-10"
    return reason.code


@pytest.mark.parametrize(
    ("file_name", "content", "media_type", "suffix", "pages"),
    [
        ("劳动合同.pdf", pdf(3), "application/pdf", ".pdf", 3),
        ("扫描.JPG", picture("JPEG"), "image/jpeg", ".jpg", 1),
        ("scan.jpeg", picture("JPEG"), "image/jpeg", ".jpg", 1),
        ("scan.png", picture("PNG"), "image/png", ".png", 1),
    ],
)
def test_a_real_file_comes_in(file_name: str, content: bytes, media_type: str, suffix: str, pages: int) -> None:
    upload = check_upload(file_name, content, max_mb=MAX_MB)

    assert (upload.file_name, upload.media_type, upload.suffix, upload.pages) == (file_name, media_type, suffix, pages)
    assert len(upload.sha256) == 64


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.pdf", picture("PNG")),
        ("a.pdf", b"<html><script>alert(1)</script></html>"),
        ("a.png", picture("JPEG")),
        ("a.jpg", picture("GIF")),
        ("a.gif", picture("GIF")),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.pdf.exe", pdf()),
        ("a", pdf()),
        (".pdf", b""),
        ("a.pdf", b""),
        ("a.pdf", b"%PDF-1.7\n"),
        ("a.pdf", b"\n" + pdf()),
    ],
)
def test_a_disguised_or_unknown_file_stays_out(file_name: str, content: bytes) -> None:
    assert code_of(file_name, content) == "FILE_TYPE_INVALID"


@pytest.mark.parametrize(
    ("file_name", "content"), [("a.pdf", pdf()), ("a.jpg", picture("JPEG")), ("a.png", picture("PNG"))]
)
def test_a_truncated_file_stays_out(file_name: str, content: bytes) -> None:
    assert code_of(file_name, content[: len(content) // 2]) == "FILE_TYPE_INVALID"


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("run.js", "x" * 4000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("a.png", picture("PNG") + archive()),
        ("a.jpg", picture("JPEG") + archive()),
        ("a.jpg", picture("JPEG") + b"<HTML><script>"),
        ("a.pdf", pdf() + archive()),
    ],
)
def test_a_file_that_is_two_files_stays_out(file_name: str, content: bytes) -> None:
    assert code_of(file_name, content) == "FILE_TYPE_INVALID"


def test_the_notes_of_a_telephone_behind_a_jpeg_are_no_reason_to_refuse_it() -> None:
    assert check_upload("a.jpg", picture("JPEG") + b"Image_UTC_Data1718000000000SEFT", max_mb=MAX_MB).pages == 1


def test_five_megabytes_come_in_and_a_byte_more_does_not() -> None:
    random.seed(1)
    noise = picture("PNG")
    limit = 1024 * 1024
    assert check_upload("a.png", noise + b"\0" * (limit - len(noise)), max_mb=1).pages == 1
    with pytest.raises(FileRefused) as refusal:
        check_upload("a.png", noise + b"\0" * (limit - len(noise) + 1), max_mb=1)
    assert refusal.value.code == "FILE_TOO_LARGE"
    assert refusal.value.reasons[0].message.zh == "文件超过1MB"


def test_a_picture_that_would_fill_the_memory_stays_out() -> None:
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (30_000 * 3751), 9)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert len(bomb) < 1_000_000
    assert code_of("a.png", bomb) == "FILE_TYPE_INVALID"


def test_an_encrypted_pdf_stays_out() -> None:
    assert code_of("a.pdf", pdf_of_objects(encrypted=True)) == "FILE_TYPE_INVALID"
    assert check_upload("a.pdf", pdf_of_objects(encrypted=False), max_mb=MAX_MB).pages == 1


def pdf_of_objects(*, encrypted: bool) -> bytes:
    """A PDF written by hand; encrypted, its password is none that anybody knows."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + content + b"endobj\n"
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b"/Encrypt 4 0 R/ID[<00><00>]" if encrypted else b""
    return out + b"trailer<</Size 5/Root 1 0 R" + lock + b">>\nstartxref\n%d\n%%%%EOF\n" % start


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("劳动合同.pdf", "劳动合同.pdf"),
        ("C:\\文件\\合同 1.pdf", "合同 1.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\r\nb\u202egpj.pdf", "abgpj.pdf"),
        ('a<b>"c|.png', "abc.png"),
        ("..pdf", "未命名.pdf"),
        ("合" * 300 + ".pdf", "合" * 96 + ".pdf"),
    ],
)
def test_file_names_are_cleaned(given: str, cleaned: str) -> None:
    assert clean_file_name(given) == cleaned


def saved(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "stored"
    file.write_bytes(content)
    return file


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as shown:
        return shown.size


def test_a_page_of_a_pdf_is_drawn_at_the_width_asked_for(tmp_path: Path) -> None:
    file = saved(tmp_path, pdf(2))

    assert size_of(render_page(file, "application/pdf", 2, 800))[0] == 800
    with pytest.raises(PreviewFailed):
        render_page(file, "application/pdf", 3, 800)
    with pytest.raises(PreviewFailed):
        render_page(file, "application/pdf", 0, 800)


def test_a_strip_of_a_page_does_not_fill_the_memory(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(10, 14_000).close()
    out = io.BytesIO()
    document.save(out)
    document.close()

    assert size_of(render_page(saved(tmp_path, out.getvalue()), "application/pdf", 1, 2000))[1] <= 6000


def test_a_picture_is_turned_as_the_camera_held_it_and_loses_its_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SECRETCAM"
    file = saved(tmp_path, picture("JPEG", (400, 200), exif=exif))

    png = render_page(file, "image/jpeg", 1, 100)

    assert size_of(png) == (100, 200)
    assert b"SECRETCAM" not in png


def test_a_small_picture_is_not_blown_up(tmp_path: Path) -> None:
    assert size_of(render_page(saved(tmp_path, picture("PNG", (30, 20))), "image/png", 1, 800)) == (30, 20)


def test_a_broken_file_on_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(PreviewFailed):
        render_page(saved(tmp_path, b"%PDF-1.7 nothing"), "application/pdf", 1, 800)
