"""What an approved application does to the registry, by the verb that the diagram of its line names."""

from handlers.effects import changes, registering, registration
from handlers.effects.catalogue import EFFECTS, Effect, effect

__all__ = ["EFFECTS", "Effect", "changes", "effect", "registering", "registration"]
