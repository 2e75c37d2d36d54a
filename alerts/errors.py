"""Errors of the alert floor: each carries its facts and says how to mend it."""


class AlertsError(Exception):
    """Anything the alert floor raises."""


class RuleError(AlertsError):
    """A rule cannot be used; the sentence names the line, the rule, the key and the mend."""

    def __init__(self, rule: str, problem: str, line: int | None = None) -> None:
        where = "" if line is None else f"line {line}: "
        super().__init__(f"{where}rule {rule!r}: {problem}")
        self.rule = rule
        self.problem = problem
        self.line = line


class StoreDownError(AlertsError):
    """The database cannot be reached now; what was to be saved must be kept and offered again."""


class StoreRefusedError(AlertsError):
    """The database will not take this, now or later: another engine may be at work on the same tables."""
