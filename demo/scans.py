"""What the people of the sample data upload: pages that look like scanned papers."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def sample_scan(title: str) -> bytes:
    """A PDF of one page that looks like a scanned paper."""
    page = Image.new("L", (827, 1169), 250)
    draw = ImageDraw.Draw(page)
    draw.text((300, 90), title, fill=20)
    for line in range(24):
        draw.rectangle((90, 170 + line * 36, 730 - (line % 5) * 60, 178 + line * 36), fill=200)
    draw.ellipse((520, 960, 680, 1120), outline=90, width=5)
    stored = io.BytesIO()
    page.save(stored, "PDF", resolution=100)
    return stored.getvalue()
