"""Kills at every commit of T-01 (RELIABILITY.md 5).

`journey` is the client: it repeats each command with the same id until it is answered, and keeps what it was answered.
`nursery` runs it in forked processes that die at a given failpoint, and lets another process go on. `live` does the
same to gunicorn and the worker over HTTP. `outcome` tells what a journey has left in the database: a journey with
kills must leave what one without leaves.
"""
