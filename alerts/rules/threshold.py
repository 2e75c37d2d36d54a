"""The kind `threshold`: a number beyond a limit, or a boolean that has the wrong value.

Never remembers an earlier value. `steps` raise the severity further up.
"""

from alerts.judging import LIMIT_OPTIONS, read_limits
from alerts.rule import Kind, Subject

KIND = Kind(name="threshold", subject=Subject.METRIC, options=LIMIT_OPTIONS, read=read_limits, metric=True)
