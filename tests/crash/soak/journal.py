"""What people were answered, line by line on the disk before they go on: the oracle of the verdict."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any


class Journal:
    """Acknowledged commands in a file of their own, and what else is worth telling in memory."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._stream = file.open("a")
        self.counted = Counter[str]()
        self.surprises: list[str] = []

    def close(self) -> None:
        self._stream.close()

    def acknowledge(self, command: str, **facts: Any) -> None:
        """Keep that a command was answered; it is on the disk when this returns."""
        line = json.dumps({"command": command, **facts}, ensure_ascii=False)
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self.counted[command] += 1

    def count(self, what: str) -> None:
        with self._lock:
            self.counted[what] += 1

    def be_surprised(self, text: str) -> None:
        """Note an answer that no kill explains."""
        with self._lock:
            self.surprises.append(text)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every acknowledged command, as the file tells it."""
        with self._file.open() as lines:
            yield from map(json.loads, lines)
