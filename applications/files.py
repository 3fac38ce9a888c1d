"""Files of applications on disk: random names, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from kernel.errors import NotFound


class Files:
    """A folder of files that rows point to.

    A file is written and synced before the row that names it is committed; one whose row never came is an orphan
    that nobody can reach.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, content: bytes, suffix: str) -> str:
        """Store the bytes and return the stored name: random, so that it tells nothing and cannot be guessed."""
        name = f"{uuid4().hex}{suffix}"
        target = self._directory / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".part")
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
        return name

    def path(self, name: str) -> Path:
        """
        Raises:
            NotFound: the file is gone, or the name leads out of the folder.
        """
        target = (self._directory / name[:2] / name).resolve()
        if not target.is_relative_to(self._directory.resolve()) or not target.is_file():
            raise NotFound(detail=f"no stored file {name}")
        return target
