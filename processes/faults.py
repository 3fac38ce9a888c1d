"""What can go wrong in the engine and is nobody's refusal: the command is rolled back and retried or looked at."""

from __future__ import annotations

from kernel.errors import Fault


class DefinitionNotRunnable(Fault):
    """A diagram holds something that the engine does not run; deployment should have refused it."""


class StepBudgetExceeded(Fault):
    """One command moved more tokens than any sound diagram needs: most likely an endless loop of gateways."""


class NoFlowTaken(Fault):
    """No condition of a gateway was true and it has no default flow."""


class ExpressionFailed(Fault):
    """An expression of the diagram could not be evaluated, or gave what cannot be used there."""


class UnhandledOutcome(Fault):
    """A business outcome that no error boundary event of the diagram catches."""


class NotJson(Fault):
    """A value that is to become a process variable is not plain JSON."""
