"""`make migration`: writes the schema's revision.

Until the first release there is one revision, made afresh from the tables; nobody has data to carry over.
After it (a tag `v…` exists, or `MESSAGE` is given) each change is a revision of its own.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from store.migrate import MIGRATIONS, upgrade
from store.revisions import write_revision

FIRST = "0001"


def main() -> None:
    message = os.environ.get("MESSAGE", "")
    versions = MIGRATIONS / "versions"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'schema.db'}"
        if message or _released():
            upgrade(url)
            number = f"{len(list(versions.glob('[0-9]*.py'))) + 1:04}"
            path = write_revision(url, message or "Change the schema", number)
        else:
            for old in versions.glob(f"{FIRST}_*.py"):
                old.unlink()
            path = write_revision(url, "first release", FIRST)
    print(path)


def _released() -> bool:
    tags = subprocess.run(["git", "tag", "--list", "v*"], capture_output=True, text=True, check=False)
    return bool(tags.stdout.strip())


if __name__ == "__main__":
    main()
