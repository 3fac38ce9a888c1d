"""House rules: what `make check` holds beyond lint and types (STYLE.md, the rules marked with a tick).

A rule is a function that takes a folder laid out like this project and returns what it found wrong, one line a
finding. `test_rules_hold.py` asks every rule about the project itself, `test_rules_bite.py` shows for every rule a
violation that it finds.
"""
