"""The whole installation under load while its processes are killed at random: `make soak` (RELIABILITY.md 5, F6 and F7).

`installation` is the hosts of `docs/how-to/production.md` on one machine, and what may happen to them. `people` are the
clients: each repeats a command with the same id until it is answered, and only then writes it down. `verdict` compares
what they wrote down with the database.
"""
