"""The QR code of a business number, drawn as one SVG path: no style attribute, so that the content policy holds."""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET_ZONE = 2  # modules; the box around it is white paper


def qr_code(text: str) -> Markup:
    """An inline SVG with the code of `text`; the caller gives it a name beside it."""
    matrix = segno.make_qr(text, error="m").matrix
    size = len(matrix) + 2 * QUIET_ZONE
    cells = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return Markup(  # noqa: S704 - only digits from the matrix
        f'<svg viewBox="0 0 {size} {size}" aria-hidden="true" shape-rendering="crispEdges"><path d="{cells}"/></svg>'
    )
