"""What can go wrong in the engine and is nobody's refusal: the command is rolled back and retried or looked at."""

from __future__ import annotations

from kernel.errors import Fault


class EngineFault(Fault):
    """The diagram cannot go on from here, and would not the next time either."""

    is_lasting = True


class DefinitionNotRunnable(EngineFault):
    """A diagram holds something that the engine does not run; deployment should have refused it."""


class StepBudgetExceeded(EngineFault):
    """One command moved more tokens than any sound diagram needs: most likely an endless loop of gateways."""


class NoFlowTaken(EngineFault):
    """No condition of a gateway was true and it has no default flow."""


class ExpressionFailed(EngineFault):
    """An expression of the diagram could not be evaluated, or gave what cannot be used there."""


class UnhandledOutcome(EngineFault):
    """A business outcome that no error boundary event of the diagram catches."""


class NotJson(EngineFault):
    """A value that is to become a process variable is not plain JSON."""
