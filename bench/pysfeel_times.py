"""Microseconds of pySFeel for the expressions on standard input; run by `bench.feel` in a process of its own."""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from typing import Any


def literal(value: Any) -> str:
    return "[" + ", ".join(map(literal, value)) + "]" if isinstance(value, list) else json.dumps(value)


def main() -> None:
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    parser = importlib.import_module("pySFeel").SFeelParser()
    for name, value in asked["variables"].items():
        parser.sFeelParse(f"{name} <- {literal(value)}")
    found = []
    for source in asked["expressions"]:
        best = float("inf")
        for _ in range(30):
            started = time.perf_counter()
            for _ in range(5):
                value = parser.sFeelParse(source)[1]
            best = min(best, (time.perf_counter() - started) / 5 * 1e6)
        found.append({"us": best, "value": str(value)})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
