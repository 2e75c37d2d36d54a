"""The kind `absence`: a device that is not there, by its Will, by its own word or by its silence.

How long a silence must be is the device's presence's decision (three of its own intervals), not the rule's;
`for` adds to it. Where we cannot know (its gateway is lost, we are deaf, we only just began to listen) the
verdict is unknown: no data never means good, and never means bad either.
"""

from alerts.judging import Absent
from alerts.options import Options
from alerts.rule import Kind, Subject


def read(_options: Options) -> Absent:
    """No options of its own."""
    return Absent()


KIND = Kind(name="absence", subject=Subject.PRESENCE, options=(), read=read, metric=False)
