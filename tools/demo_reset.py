"""`make demo-reset`: throws away what was done in the demo and loads the sample data afresh.

Works beside a running service: the rows go in one transaction, the files after it.
"""

from __future__ import annotations

import os
import shutil
import sys

from kernel.settings import Settings
from store.engine import open_engine
from store.migrate import upgrade
from store.tables import metadata
from store.unit_of_work import Database
from tools import demo_data


def main() -> int:
    settings = Settings.from_environment(os.environ)
    if not settings.demo:
        print("This is not a demo (DEMO=0); nothing was touched.", file=sys.stderr)
        return 2
    upgrade(settings.database_url)
    clear(settings)
    demo_data.load(settings)
    print("演示数据已重置 / The sample data are as on the first day.")
    return 0


def clear(settings: Settings) -> None:
    """Delete all rows of all tables, and the uploaded files."""
    database = Database(open_engine(settings.database_url))
    try:
        with database.write() as work:
            for table in reversed(metadata.sorted_tables):
                work.connection.execute(table.delete())
    finally:
        database.engine.dispose()
    shutil.rmtree(settings.attachments_dir, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
