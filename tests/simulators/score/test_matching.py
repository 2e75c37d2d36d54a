"""Which alert tells which truth, on hand-made lists."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.score.figures import score
from simulators.score.matching import Outcome, match
from simulators.score.words import Alert, Truth, read_all_alerts
from simulators.wire import stamp
from tests.simulators.score.conftest import NOON


def outcomes(truths, alerts):
    return {judged.alert.id: judged.outcome for judged in match(truths, alerts).judged}


def total(truths, alerts):
    return score(match(truths, alerts), truths).total


def test_a_perfect_list_finds_everything_and_tells_nothing_else(truth, alert):
    found = total([truth(1), truth(2, 300)], [alert(1), alert(2, 400)])
    assert (found.recall, found.precision, found.late, found.missing) == (1, 1, 0, 0)
    assert (found.told_p50_s, found.told_p95_s) == (100, 120)


def test_what_was_noticed_counts_from_the_first_bad_finding_and_not_from_the_message(truth, alert):
    found = total([truth(1), truth(2, 300)], [alert(1, since=30.0), alert(2, 400, since=370.0)])
    assert (found.noticed_p50_s, found.noticed_p95_s) == (30, 70)


def test_an_alert_that_came_again_tells_of_both_troubles(truth):
    camera = "nong-son/camera/cam-01"
    steps = ((30, 1, "pending", None), (60, 1, "firing", "open"), (300, 1, "recovering", None),
             (360, 1, "cleared", "clear"), (700, 1, "cleared", None), (730, 2, "firing", "open"),
             (900, 2, "cleared", "clear"))  # fmt: skip
    told = {
        "id": "a1", "rule": "camera-hot", "device": camera, "severity": "major", "since": stamp(NOON + 700),
        "firing_since": stamp(NOON + 730), "cleared_at": stamp(NOON + 900), "closed_at": None,
        "timeline": [{"at": stamp(NOON + at), "episode": episode, "after": after, "announce": said}
                     for at, episode, after, said in steps],
    }  # fmt: skip
    found = total([truth(1, 0, 300), replace(truth(1, 650, 850), id="t2")], read_all_alerts(iter([("here", told)])))
    assert (found.found, found.right, found.messages_max) == (2, 2, 2)
    assert (found.noticed_p50_s, found.noticed_p95_s) == (30, 50)
    assert (found.told_p50_s, found.told_p95_s) == (60, 80)


def test_an_alert_raised_after_all_is_over_is_late_and_no_success(truth, alert):
    found = total([truth()], [alert(raised=800, ended=900)])
    assert (found.late, found.missing, found.recall, found.precision) == (1, 0, 0, 0)


def test_an_alert_raised_after_the_truths_own_bound_is_late(truth, alert):
    assert outcomes([truth(within_s=60)], [alert(raised=120)]) == {"a1": Outcome.LATE}
    assert outcomes([truth(within_s=60)], [alert(raised=50)]) == {"a1": Outcome.RIGHT}


def test_an_alert_long_after_all_is_over_is_about_something_else(truth, alert):
    assert outcomes([truth()], [alert(raised=5000, ended=6000)]) == {"a1": Outcome.EXTRA}


def test_the_second_alert_of_one_truth_is_doubled(truth, alert):
    found = outcomes([truth()], [alert(), alert(name="again", raised=300)])
    assert found == {"a1": Outcome.RIGHT, "again": Outcome.DOUBLED}


def test_flapping_counts_once_as_right_and_then_as_doubled(truth, alert):
    flaps = [alert(name=f"f{at}", raised=60 + at * 40, ended=80 + at * 40) for at in range(6)]
    found = total([truth()], flaps)
    assert (found.recall, found.doubled, found.precision) == (1, 5, 1 / 6)
    assert score(match([truth()], flaps), [truth()]).load.chattering == 0
    close = [alert(name=f"f{at}", raised=60 + at * 20, ended=70 + at * 20) for at in range(6)]
    assert score(match([truth()], close), [truth()]).load.chattering == 1


def test_what_nobody_told_is_missing(truth, alert):
    found = total([truth(1), truth(2)], [alert(1)])
    assert (found.missing, found.recall, found.precision) == (1, 0.5, 1)


def test_the_right_rule_on_another_camera_is_the_wrong_place(truth, alert):
    found = total([truth(1)], [alert(2)])
    assert (found.missing, found.wrong_place, found.recall, found.precision) == (1, 1, 0, 0)


def test_one_stray_alert_excuses_one_truth_only(truth, alert):
    assert sorted(outcomes([truth(1)], [alert(2), alert(3)]).values()) == [Outcome.EXTRA, Outcome.WRONG_PLACE]


def test_a_truth_that_any_rule_may_tell_is_not_taken_for_the_place_of_every_alert(truth, alert):
    assert outcomes([truth(1, rules=[])], [alert(2)]) == {"a2": Outcome.EXTRA}


def test_another_rule_on_the_right_camera_is_extra_and_is_laid_to_its_cause(truth, alert):
    [_, extra] = match([truth()], [alert(), alert(name="b", raised=130, rule="camera-no-picture")]).judged
    assert (extra.outcome, extra.cause.id) == (Outcome.EXTRA, "t1")


def test_an_alert_about_nothing_is_extra_and_has_no_cause(truth, alert):
    [stray] = match([], [alert()]).judged
    assert (stray.outcome, stray.cause) == (Outcome.EXTRA, None)


def test_an_alert_that_nobody_should_have_raised_is_laid_to_what_was_going_on(truth, alert):
    crowd = Truth("fair", "crowd", 0.0, 4e9, frozenset({"nong-son/camera/cam-01"}), frozenset(), expected=False)
    found = match([crowd], [alert()])
    assert [(judged.outcome, judged.cause) for judged in found.judged] == [(Outcome.EXTRA, crowd)]
    assert found.fates == ()


POWER = {"devices": [f"nong-son/camera/cam-{n:02d}" for n in range(1, 9)], "area": "que-loc", "feeder": "f-471"}
CUT = {"kind": "power_cut", "where": POWER, "scope": "feeder", "subject": "f-471", "rules": ["feeder-outage"]}


def test_the_children_of_a_told_cause_are_doubled_unless_they_were_folded_into_it(truth, alert):
    parent = alert(name="p", rule="feeder-outage", device="feeder:f-471", subject="feeder")
    children = [alert(n, rule="camera-absent") for n in range(1, 9)]
    assert total([truth(**CUT)], [parent, *children]).doubled == 8
    folded = [alert(n, rule="camera-absent", parent="p") for n in range(1, 9)]
    found = total([truth(**CUT)], [parent, *folded])
    assert (found.recall, found.precision, found.folded, found.messages_max) == (1, 1, 8, 2)


def test_naming_the_parts_of_a_cause_that_nobody_told_is_the_wrong_place(truth, alert):
    found = total([truth(**CUT)], [alert(n, rule="camera-absent") for n in range(1, 9)])
    assert (found.missing, found.wrong_place, found.precision) == (1, 8, 0)


def test_a_cause_told_at_another_scope_is_the_wrong_place(truth, alert):
    parent = alert(name="p", rule="feeder-outage", device="area:que-loc", subject="area")
    assert outcomes([truth(**CUT)], [parent]) == {"p": Outcome.WRONG_PLACE}


def test_a_gateways_own_absence_tells_that_the_gateway_is_gone(truth, alert):
    gone = {"scope": "gateway", "subject": "nong-son/gateway/gw-1", "rules": ["gateway-*"]}
    assert outcomes([truth(**gone)], [alert(rule="gateway-absent", device="nong-son/gateway/gw-1")]) == {"a1": "right"}
    assert outcomes([truth(**gone)], [alert(rule="gateway-outage", device="gateway:gw-1")]) == {"a1": "right"}


def test_a_child_that_people_were_told_of_before_it_was_folded_is_one_too_many(truth, alert):
    parent = alert(name="p", rule="feeder-outage", device="feeder:f-471", subject="feeder")
    child = alert(1, rule="camera-absent", parent="p", suppressed=True, announced="open")
    assert outcomes([truth(**CUT)], [parent, child])["a1"] is Outcome.DOUBLED


def test_two_troubles_of_one_camera_that_overlap_share_two_alerts_out(truth, alert):
    first, second = truth(1, 0, 100), truth(1, 50, 300)
    second = Truth(**{name: getattr(second, name) for name in Truth.__slots__} | {"id": "second"})
    found = total([first, second], [alert(raised=80, name="x"), alert(raised=90, name="y")])
    assert (found.recall, found.precision) == (1, 1)


def test_rules_may_be_patterns_or_kinds_or_anything(truth, alert):
    absent = alert(rule="camera-absent")
    assert outcomes([truth(rules=["*-absent"])], [absent]) == {"a1": Outcome.RIGHT}
    assert outcomes([truth(rules=[])], [absent]) == {"a1": Outcome.RIGHT}
    assert outcomes([truth(rules=["absence"])], [alert(rule="no-sign", kind="absence")]) == {"a1": Outcome.RIGHT}


def test_a_trouble_that_has_not_ended_is_told_by_an_alert_that_is_still_open(truth, alert):
    assert total([truth(ends=None)], [alert(ended=None)]).recall == 1


# -- whatever the lists ------------------------------------------------------------------------------------------------

CAMERAS = [f"nong-son/camera/cam-{n}" for n in range(4)]
RULES = ["camera-hot", "camera-absent"]


@st.composite
def truths(draw):
    found = []
    for number in range(draw(st.integers(0, 8))):
        begins = draw(st.floats(0, 5000))
        camera, rule = draw(st.sampled_from(CAMERAS)), draw(st.sampled_from(RULES))
        ends = begins + draw(st.floats(60, 2000))
        found.append(
            Truth(f"t{number}", rule, begins, ends, frozenset({camera}), frozenset(), True, "device", camera, (rule,))
        )
    return found


@st.composite
def alerts(draw):
    found = []
    for number in range(draw(st.integers(0, 12))):
        raised = draw(st.floats(0, 8000))
        camera, rule = draw(st.sampled_from(CAMERAS)), draw(st.sampled_from(RULES))
        found.append(
            Alert(f"a{number}", rule, camera, raised, raised + draw(st.floats(0, 3000)), folded=draw(st.booleans()))
        )
    return found


@given(truths(), st.data())
def test_one_prompt_alert_a_truth_is_perfect(causes, data):
    told = [
        Alert(f"a{cause.id}", cause.rules[0], cause.subject, cause.begins + data.draw(st.floats(0, 60)), cause.ends)
        for cause in causes
    ]
    found = total(causes, told)
    assert found.missing == found.late == found.doubled == found.extra == found.wrong_place == 0
    assert (found.recall, found.precision) == ((1, 1) if causes else (None, None))


@given(truths(), alerts(), st.data())
def test_the_order_of_the_lists_makes_no_difference(causes, told, data):
    mixed = match(data.draw(st.permutations(causes)), data.draw(st.permutations(told)))
    assert mixed == match(causes, told)


@given(truths(), alerts(), st.floats(0, 8000))
def test_a_stray_alert_never_raises_precision_and_changes_no_recall(causes, told, raised):
    stray = Alert("stray", "camera-hot", "nong-son/camera/nobody", raised, raised + 60)
    before, after = total(causes, told), total(causes, [*told, stray])
    assert after.precision <= (before.precision if before.precision is not None else 1)
    assert after.recall == before.recall


@given(truths(), alerts())
@settings(max_examples=200)
def test_every_alert_is_judged_once_and_every_truth_has_one_fate(causes, told):
    found = match(causes, told)
    assert sorted(judged.alert.id for judged in found.judged) == sorted(alert.id for alert in told)
    assert sorted(fate.truth.id for fate in found.fates) == sorted(cause.id for cause in causes)
    tellers = [fate.alert.id for fate in found.fates if fate.alert]
    assert len(set(tellers)) == len(tellers)
    whole = total(causes, told)
    assert whole.found + whole.late + whole.missing == len(causes)
    assert whole.right == whole.found
