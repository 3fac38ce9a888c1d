"""What the simulated sources tell in the sample data (REQUIREMENTS.md 7.4), written as files relative to its day D."""

from demo.exchange.feeds import write_feeds

__all__ = ["write_feeds"]
