"""What an approved application does to the registry, by the verb that the diagram of its line names."""

from handlers.effects import changes, continuation, registering, registration
from handlers.effects.catalogue import EFFECTS, Effect, effect

__all__ = ["EFFECTS", "Effect", "changes", "continuation", "effect", "registering", "registration"]
