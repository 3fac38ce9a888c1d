"""What pgbench repeats: the statements of a completion, each time for another case and with ids of its own."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from bench.bare import Pgbench
from bench.copies import Original
from bench.wire import Wire
from tests.postgresql import Cluster

TASK = "1" * 25 + "0000000"
CASE = Original({}, {TASK: "1" * 25})
TABLE = "CREATE TABLE note (task text, made_up text, again text, at timestamptz, state bytea, more text)"


def test_pgbench_decides_other_cases_with_ids_made_up_anew(
    postgresql_url: str, postgresql_cluster: Cluster, tmp_path: Path
):
    engine = create_engine(postgresql_url)
    recorded = []
    with Wire(postgresql_url) as wire:
        through = create_engine(wire.url)
        with through.begin() as connection:
            connection.exec_driver_sql(TABLE)
        for copy, fresh in ((1, "a" * 32), (2, "b" * 32)):
            wire.take_asked()
            with through.begin() as connection:
                values = (
                    CASE.numbered(TASK, copy),
                    fresh,
                    f'{{"id":"{fresh}","it\'s":"c:\\\\d"}}',
                    b"\x00\xff" * 20 + fresh[:1].encode(),
                )
                connection.exec_driver_sql("INSERT INTO note VALUES (%s, %s, %s, now(), %s, 'x: :y')", values)
            recorded.append((copy, wire.take_asked()))
        through.dispose()
    bench = Pgbench(postgresql_cluster.program("pgbench"), engine, tmp_path)
    bench.write(CASE, recorded[0], recorded[1][1])

    assert bench.per_second(clients=2, each=3, first=11) > 0

    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT task, made_up, again, state FROM note ORDER BY task").all()
    engine.dispose()
    assert [row.task for row in rows] == [CASE.numbered(TASK, copy) for copy in (1, 2, 11, 12, 13, 14, 15, 16)]
    assert len({row.made_up for row in rows}) == len(rows)
    for row in rows:  # the same id wherever the completion used it
        assert row.again == f'{{"id":"{row.made_up}","it\'s":"c:\\\\d"}}'
        assert bytes(row.state) in (b"\x00\xff" * 20 + b"a", b"\x00\xff" * 20 + b"b")
