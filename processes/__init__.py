"""The engine: definitions, instances, tasks, messages, timers and history of processes. It knows no line.

SpiffWorkflow executes, through our own parser (`dialect`), task specs (`specs`, `gateways`, `calls`), tokens, script
engine and codec; `execution` is what a command holds in its hands. Nothing of these reads a clock or a database.
"""
