"""The database: engine, tables, unit of work, migrations. Nothing here knows what a row means."""
