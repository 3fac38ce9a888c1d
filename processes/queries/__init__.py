"""Lists for other systems: what can be asked of each, in the names of Camunda's REST interface, within one's scope."""
