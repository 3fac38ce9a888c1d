"""Uploaded files: what may come in, and what of it is shown (R-V-10).

Pure checks of the bytes; nothing is stored here. The extension says what the file claims to be, its content must be
just that, and the content must open: a file nobody can look at helps no reviewer.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

from kernel.errors import InvalidInput, Reason

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ACCEPT = ".pdf,.jpg,.jpeg,.png"

_TYPES = {".pdf": PDF, ".jpg": JPEG, ".jpeg": JPEG, ".png": PNG}
_MAGIC = {PDF: b"%PDF-", JPEG: b"\xff\xd8\xff", PNG: b"\x89PNG\r\n\x1a\n"}
_PILLOW = {JPEG: "JPEG", PNG: "PNG"}

MAX_PIXELS = 40_000_000
MAX_PAGES = 200
_LONGEST_NAME = 100
_WIDEST_PREVIEW = 2000
_TALLEST_PREVIEW = 6000

# A PDF ends within its last bytes; what follows farther behind is no part of it.
_TAIL = 1024
_STOWAWAYS = (b"pk\x03\x04", b"%pdf-", b"<html", b"<script", b"<svg", b"<!doctype", b"rar!", b"7z\xbc\xaf")
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may be stored: its cleaned name for people, its type, pages, and the suffix of its stored name."""

    file_name: str
    media_type: str
    suffix: str
    pages: int
    sha256: str


class FileRefused(InvalidInput):
    """The file may not come in; nothing was stored."""


class PreviewFailed(Exception):
    """The page cannot be drawn: there is no such page, or the file on disk is broken."""


def check_upload(file_name: str, content: bytes, *, max_mb: int, field: str | None = None) -> Upload:
    """Check the bytes of an upload; `field` is the AT number that the reason names.

    Raises:
        FileRefused: FILE_TOO_LARGE; FILE_TYPE_INVALID when the extension is not allowed, the content is another
            type, is broken, encrypted or empty, carries something behind its end, or is a picture of more than
            40 million pixels.
    """
    if len(content) > max_mb * 1024 * 1024:
        raise FileRefused(
            Reason("FILE_TOO_LARGE", {"max": max_mb}, rule="R-V-10", field=field), detail=f"{len(content)} bytes"
        )
    name = clean_file_name(file_name)
    suffix = Path(name).suffix.lower()
    media_type = _TYPES.get(suffix)
    try:
        if media_type is None:
            raise _Broken(f"extension {suffix!r}")
        pages = _pages(content, media_type)
    except _Broken as error:
        raise FileRefused(Reason("FILE_TYPE_INVALID", rule="R-V-10", field=field), detail=str(error)) from error
    suffix = ".jpg" if media_type == JPEG else suffix
    return Upload(name, media_type, suffix, pages, hashlib.sha256(content).hexdigest())


def clean_file_name(file_name: str) -> str:
    """The name as it is shown: without folders, control characters and signs that file systems refuse, 100 long."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C")
    stem, dot, suffix = _UNSAFE.sub("", plain).rstrip(" .").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = stem[: _LONGEST_NAME - len(dot) - len(suffix)].strip(" .") or "未命名"
    return stem + dot + suffix[:10]


def render_page(path: Path, media_type: str, page: int, width: int) -> bytes:
    """Draw a page (from 1) of a stored file as PNG, `width` pixels wide at most; EXIF and text layers stay behind.

    Raises:
        PreviewFailed: there is no such page or the file cannot be drawn.
    """
    width = max(1, min(width, _WIDEST_PREVIEW))
    try:
        with _pillow_limits():
            picture = _pdf_page(path, page, width) if media_type == PDF else _picture(path, media_type, page, width)
            out = io.BytesIO()
            picture.save(out, "PNG", optimize=False, compress_level=4)
            return out.getvalue()
    except (OSError, ValueError, IndexError, _Broken, pypdfium2.PdfiumError, Image.DecompressionBombError) as error:
        raise PreviewFailed(f"page {page} of a {media_type}") from error


class _Broken(Exception):
    """Not what the extension says; the message is for the log."""


def _pages(content: bytes, media_type: str) -> int:
    if not content.startswith(_MAGIC[media_type]):
        raise _Broken(f"no magic of {media_type}")
    if media_type == PDF:
        return _pdf_pages(content)
    _check_picture(content, media_type)
    return 1


def _pdf_pages(content: bytes) -> int:
    if b"%%EOF" not in content[-_TAIL:]:
        raise _Broken("the PDF does not end")
    try:
        # Without a password: an encrypted file does not open.
        with pypdfium2.PdfDocument(content) as document:
            pages = len(document)
            if not 1 <= pages <= MAX_PAGES:
                raise _Broken(f"{pages} pages")
            document[0].close()
    except pypdfium2.PdfiumError as error:
        raise _Broken(f"PDF: {error}") from error
    return pages


def _check_picture(content: bytes, media_type: str) -> None:
    try:
        with _pillow_limits(), Image.open(io.BytesIO(content), formats=[_PILLOW[media_type]]) as picture:
            _check_pixels(picture)
            picture.load()  # a truncated file opens, but does not load
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _Broken(f"{media_type}: {error}") from error
    if not _ends(content, media_type):
        raise _Broken(f"something follows the end of the {media_type}")


def _ends(content: bytes, media_type: str) -> bool:
    """Whether the file ends with the picture: no archive, document or page rides along (polyglot).

    Nothing follows a PNG. Telephones do put notes of their own behind a JPEG, so there only what another program
    would open is refused.
    """
    if media_type == PNG:
        return content.rstrip(b"\x00\r\n ").endswith(b"IEND\xaeB`\x82")
    end = content.rfind(b"\xff\xd9")
    rest = content[end + 2 :].lower()
    return end > 0 and not any(sign in rest for sign in _STOWAWAYS)


def _check_pixels(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise _Broken(f"{picture.width} x {picture.height} pixels")


@contextmanager
def _pillow_limits() -> Iterator[None]:
    """Pillow warns of bombs below our limit already; ours decides."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _pdf_page(path: Path, page: int, width: int) -> Image.Image:
    with pypdfium2.PdfDocument(path) as document:
        if not 1 <= page <= len(document):
            raise IndexError(page)
        sheet = document[page - 1]
        try:
            wide, tall = sheet.get_size()
            if wide <= 0 or tall <= 0:
                raise _Broken("a page without size")
            # A sheet may be a strip of any length: both sides are bounded, or its bitmap would fill the memory.
            scale = min(width / wide, _TALLEST_PREVIEW / tall)
            image: Image.Image = sheet.render(scale=scale, may_draw_forms=False).to_pil()
            image = image.convert("RGB")
            image.thumbnail((width, _TALLEST_PREVIEW))  # sizes are rounded up to whole pixels
            return image
        finally:
            sheet.close()


def _picture(path: Path, media_type: str, page: int, width: int) -> Image.Image:
    if page != 1:
        raise IndexError(page)
    with Image.open(path, formats=[_PILLOW[media_type]]) as opened:
        _check_pixels(opened)
        opened.draft("RGB", (width, width))  # JPEG decodes at a smaller scale at once
        # The camera's turn is applied; nothing else of EXIF (place, device) gets into the preview.
        turned = ImageOps.exif_transpose(opened)
        picture = turned.convert("RGBA" if turned.mode in ("P", "LA", "PA", "RGBA") else "RGB")
    picture.thumbnail((width, _TALLEST_PREVIEW))
    if picture.mode == "RGBA":
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        return white
    return picture
