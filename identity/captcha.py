"""Four digits in a picture, for the sign-in of officers and staff (F-CAPTCHA)."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from captcha.image import ImageCaptcha
from sqlalchemy import Connection, delete, insert

from kernel.clock import Clock
from store.tables import captcha

LIFETIME = timedelta(minutes=5)
_WIDTH, _HEIGHT = 132, 44  # pixels


@dataclass(frozen=True, slots=True)
class CaptchaPicture:
    """What the page shows: the id goes into the form, the PNG onto the screen; the answer stays here."""

    id: str
    png: bytes


@dataclass(frozen=True, slots=True)
class CaptchaAnswer:
    """What was typed for a picture."""

    id: str
    digits: str


class Captchas:
    """The open captchas; the clock is the system's."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def issue(self) -> CaptchaPicture:
        """A new picture; those that nobody answered in time go away."""
        now = self._clock.now()
        self._connection.execute(delete(captcha).where(captcha.c.created_at <= now - LIFETIME))
        digits = "".join(secrets.choice("0123456789") for _ in range(4))
        captcha_id = str(uuid.uuid4())
        self._connection.execute(insert(captcha).values(id=captcha_id, answer=digits, created_at=now))
        return CaptchaPicture(captcha_id, ImageCaptcha(_WIDTH, _HEIGHT).generate(digits).getvalue())

    def accept(self, answer: CaptchaAnswer) -> bool:
        """Whether the digits are right and in time; the picture is used up either way."""
        row = self._connection.execute(
            delete(captcha).where(captcha.c.id == answer.id).returning(captcha.c.answer, captcha.c.created_at)
        ).one_or_none()
        if row is None or row.created_at <= self._clock.now() - LIFETIME:
            return False
        return secrets.compare_digest(row.answer.encode(), answer.digits.strip().encode())
