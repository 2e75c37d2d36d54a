"""Reading rules: what can be written, and what is said of what cannot."""

from math import inf

import hypothesis.strategies as st
import pytest
from hypothesis import given

from alerts.errors import RuleError
from alerts.index import RuleIndex
from alerts.model import Severity, Verdict
from alerts.options import duration
from alerts.rule import NEVER_CALM, Rule, Subject
from alerts.rulebook import kinds, read_rule, read_rules
from alerts.rulefile import default_rules
from ingest.model import FAMILIES, Presence
from tests.alerts.conftest import GONE, HOT


@pytest.mark.parametrize(("text", "ms"), [("0s", 0), ("90s", 90_000), ("2m", 120_000), ("1h30m", 5_400_000)])
def test_a_duration_is_written_as_in_promtool(text: str, ms: int) -> None:
    assert duration(text) == ms


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"abve": 3}, "unknown key 'abve'; did you mean 'above'?"),
        ({"kind": "treshold"}, "kind cannot be 'treshold'; did you mean 'threshold'?"),
        ({"severity": "majr"}, "severity cannot be 'majr'; did you mean 'major'?"),
        ({"family": "cameras"}, "family cannot be 'cameras'; did you mean 'camera'?"),
        ({"for": "90"}, "for: '90' is not a duration: write it like 90s, 2m or 1h30m"),
        ({"for": 90}, "for: '90' is not a duration: write it like 90s, 2m or 1h30m"),
        ({"above": "80"}, "above must be a number, not '80'"),
        ({"above": None}, "a threshold needs above, below or equals"),
        ({"equals": True}, "equals stands alone: take away above, below and steps"),
        ({"clear_below": 90}, "clear_below belongs to above and cannot exceed it"),
        ({"clear_above": 90}, "clear_above belongs to below and cannot be less than it"),
        ({"metric": None}, "threshold needs a metric"),
        ({"severity": None}, "needs a severity"),
        ({"kind": None}, "needs a kind"),
        ({"title": {"en": "Hot"}}, "title needs both vi and en"),
        (
            {"steps": [{"above": 3}]},
            "a step is {above = …, severity = …} or {below = …, severity = …}",
        ),
    ],
)
def test_a_wrong_rule_names_the_mend(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule({**HOT, **change})
    assert str(caught.value) == f"rule 'camera-hot': {sentence}"


def test_an_absence_takes_no_metric() -> None:
    with pytest.raises(RuleError, match="absence takes no metric"):
        read_rule({**GONE, "metric": "fps"})


def test_a_name_stands_once() -> None:
    with pytest.raises(RuleError, match="stands twice"):
        read_rules([HOT, HOT])


def test_a_title_in_plain_text_serves_both_languages() -> None:
    assert read_rule({**HOT, "title": "Hot"}).title == {"vi": "Hot", "en": "Hot"}


@pytest.mark.parametrize("fact", [None, "warm", True])
def test_a_threshold_knows_nothing_of_what_is_no_number(fact: object) -> None:
    assert read_rule(HOT).test.judge(fact).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("fact", "verdict"), [(True, Verdict.BAD), (False, Verdict.GOOD), (None, Verdict.UNKNOWN), (1, "unknown")]
)
def test_equals_judges_booleans_alone(fact: object, verdict: Verdict) -> None:
    fault = read_rule({**HOT, "above": None, "equals": True})
    assert fault.test.judge(fact).verdict is verdict or fault.test.judge(fact).verdict == verdict


def test_a_band_is_bad_on_both_sides() -> None:
    mains = read_rule({**HOT, "above": 250, "clear_below": 245, "below": 190, "clear_above": 200})
    said = [str(mains.test.judge(volts).verdict) for volts in (189, 195, 220, 247, 251)]
    assert said == ["bad", "between", "good", "between", "bad"]


@pytest.mark.parametrize(
    ("presence", "verdict"),
    [
        (Presence(connected=True, fresh=True), Verdict.GOOD),
        (Presence(connected=None, fresh=True), Verdict.GOOD),
        (Presence(connected=False, fresh=True, reason="lwt"), Verdict.BAD),
        (Presence(connected=True, fresh=False, reason="silent"), Verdict.BAD),
        (Presence(connected=False, fresh=False, unknown=True, reason="gateway_lost"), Verdict.UNKNOWN),
    ],
)
def test_absence_is_judged_by_presence(presence: Presence, verdict: Verdict) -> None:
    assert read_rule(GONE).test.judge(presence).verdict is verdict


def test_the_kinds_are_found_by_walking_the_folder() -> None:
    assert {"threshold", "absence"} <= set(kinds())


def test_the_rules_shipped_can_be_read_and_speak_both_languages() -> None:
    rules = default_rules()
    assert all(rule.title["vi"] != rule.title["en"] for rule in rules)
    absent = {rule.family: rule.severity for rule in rules if rule.kind == "absence"}
    assert set(absent) == set(FAMILIES) - {"indicator"}
    assert absent["gateway"] is Severity.CRITICAL


NUMBERS = st.one_of(st.floats(-200, 200), st.integers(-200, 200), st.booleans())


@given(st.sampled_from([rule for rule in default_rules() if rule.subject is Subject.METRIC]), NUMBERS)
def test_what_is_never_looked_at_is_never_bad(rule: Rule, value: float) -> None:
    low, high = rule.test.calm
    assert not (low <= value <= high and rule.test.judge(value).verdict is Verdict.BAD)


def test_only_where_no_data_counts_as_bad_is_every_value_looked_at() -> None:
    poor = {"name": "poor", "kind": "threshold", "family": "videoconference", "metric": "mos", "below": 3,
            "severity": "minor"}  # fmt: skip
    for unknown, calm in (("keep", (3, inf)), ("good", (3, inf)), ("bad", NEVER_CALM)):
        index = RuleIndex(read_rules([{**poor, "unknown": unknown}]))
        assert index.watch("videoconference").calm["mos"] == calm
