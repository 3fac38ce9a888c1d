"""What somebody with bad intent types, sends as an address, or plants in a text."""

from __future__ import annotations

import base64

XSS = (
    "<script>window.__pwned=1</script>",
    '"><img src=x onerror="window.__pwned=1">',
    "'-alert(1)-'",
    "</textarea><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
)
ALL_XSS = " ".join(XSS)
# What a page that escapes everything does not hold.
RAW = ("<script>window", "<img src=x", "<svg/onload", 'onerror="window', "{{ 49", ' href="javascript:')


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


CURSORS = (
    "x",
    "é",
    "AAAA",
    cursor("null"),
    cursor("[1]"),
    cursor('["a","2026-06-15T00:00:00+00:00",["list"]]'),
    cursor('["a","2026-06-15T00:00:00+00:00",{"a":1}]'),
    cursor('["a","2026-06-15T00:00:00+00:00",null]'),
    cursor('["a","2026-06-15T00:00:00+00:00",123456789012345678901234567890]'),
    cursor('["a","2026-06-15T00:00:00","BJ"]'),
    cursor('["b","0001-01-01T00:00:00+14:00","BJ"]'),
    cursor('["a","9999-12-31T23:59:59-14:00","BJ"]'),
    cursor('[["a"],"2026-06-15T00:00:00+00:00","BJ"]'),
    cursor('["a","2026-06-15T00:00:00+00:00","\\u0000"]'),
    cursor('["a","2026-06-15T00:00:00+00:00","' + "1" * 100_000 + '"]'),
)
WORDS = (
    ALL_XSS,
    "-1",
    "0",
    "9" * 40,
    "１２",
    "1e9",
    "\x00",
    "%",
    "_%\\",
    "' or '1'='1",
    "\u202eabc",
    "\ud800",
    "0001-01-01",
    "9999-12-31",
    "好" * 5_000,
    "a\r\nSet-Cookie: pwned=1",
)
# Every name that a page reads from its address.
NAMES = [
    "q",
    "page",
    "text",
    "status",
    "line",
    "incident",
    "part",
    "tab",
    "queue",
    "from",
    "to",
    "side",
    "task",
    "file",
    "sheet",
    "select",
    "width",
    "kind",
    "name",
    "number",
    "id_number",
    "registration_no",
    "specialty",
    "employer",
    "declared_from",
    "declared_to",
    "as",
    "next",
    "v",
    "expired",
]
# Addresses of other places, and ways to make one look like ours.
ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "/\t/elsewhere.example",
    "/\r\nLocation: https://elsewhere.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //elsewhere.example",
    "https:elsewhere.example",
)
