"""The kind `outage`: so many devices of one area, gateway, feeder … bad at once that they have one cause.

Without a metric it counts the absent; with one, those beyond its limits; with `of`, those of which one of these rules
has an alert. `alerts.rootcause` counts them and finds the smallest domain that explains them; an outage speaks for the
alerts of its devices.
"""

from alerts.judging import LIMIT_OPTIONS, Absent, read_limits
from alerts.options import Options
from alerts.rule import Kind, Outage, Scale, Subject, Test
from ingest.model import FAMILIES


def read(options: Options) -> Test:
    """What makes one device bad."""
    return Absent() if options.text("metric") is None else read_limits(options)


def read_outage(options: Options) -> Outage:
    """Read `over`, `share`, `at_least`, and what goes with them."""
    over = options.choice("over", tuple(Scale)) or Scale.AREA
    share = options.number("share")
    if share is None or not 0 < share <= 1:
        raise options.wrong("needs share, a part of 1: 0.8 is four of five", "share")
    clear_share = options.number("clear_share")
    if clear_share is not None and not 0 <= clear_share <= share:
        raise options.wrong("clear_share cannot exceed share", "clear_share")
    of = options.words("of")
    if of and options.text("metric") is not None:
        raise options.wrong("counts the alerts of other rules, or a metric, not both", "of")
    return Outage(
        over=Scale(over),
        share=share,
        at_least=options.whole("at_least") or 1,
        clear_share=share if clear_share is None else clear_share,
        all_of=options.whole("all_of"),
        window_ms=options.duration("window") or 900_000,
        alibi=options.text("alibi"),
        of=of,
        witness=options.choice("witness", FAMILIES),
    )


KIND = Kind(
    name="outage",
    subject=Subject.DOMAIN,
    options=(*LIMIT_OPTIONS, "over", "share", "at_least", "all_of", "clear_share", "window", "alibi", "of", "witness"),
    read=read,
    outage=read_outage,
)
