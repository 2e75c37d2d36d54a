"""The errors of the roof: each text is for the person at the keyboard, Vietnamese first, and says what to do."""


class CommandError(Exception):
    """A command cannot go on; the text says why and how to mend it. Exit status 1."""


class SettingsError(CommandError):
    """A setting is wrong; the text names it. Exit status 2."""
