"""What `make` runs: set-up, the two processes together, demo data, migrations. Not imported by the service."""
