"""What the simulators cannot work with; the sentence itself says what is wrong and how to mend it."""


class UnusableError(Exception):
    """A site file, a scenario or an option that cannot be used: shown to the person as it stands, never as a trace."""
