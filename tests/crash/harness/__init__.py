"""The crash harness: random processes x failpoints on real databases (RELIABILITY.md 5, tier 1).

`diagrams` are the processes, `service` the real engine, commands and pump on ports of the harness, `outside` the
other system that service tasks call. `client` drives one instance and keeps a `journal` of what it was answered, the
oracle. `laboratory` forks a victim, lets others go on after it, and asks `checks` from outside. `mutants` plants bugs.
"""
