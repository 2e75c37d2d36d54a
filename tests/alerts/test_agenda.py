"""When keys are due."""

from alerts.agenda import Agenda
from alerts.register import Register


def test_keys_come_when_they_are_due_and_once() -> None:
    agenda = Agenda()
    agenda.put("late", 20)
    agenda.put("early", 10)
    assert list(agenda.take(9)) == []
    assert list(agenda.take(20)) == ["early", "late"]
    assert list(agenda.take(99)) == []


def test_a_key_put_anew_forgets_its_old_time() -> None:
    agenda = Agenda()
    agenda.put("a", 10)
    agenda.put("a", 30)
    agenda.put("b", 10)
    agenda.put("b", None)
    assert list(agenda.take(29)) == []
    assert list(agenda.take(30)) == ["a"]


def test_what_is_put_while_taking_is_taken_too_if_due() -> None:
    agenda, seen = Agenda(), []
    agenda.put("a", 1)
    for key in agenda.take(5):
        seen.append(key)
        if len(seen) < 3:
            agenda.put(key, len(seen) + 1)
    assert seen == ["a", "a", "a"]


def test_outdated_times_are_swept() -> None:
    agenda = Agenda()
    for when in range(10_000):
        agenda.put("a", 10_000 + when)
    assert len(agenda._heap) < 100
    assert list(agenda.take(99_999)) == ["a"]


def test_a_key_that_is_never_done_is_put_off_and_holds_up_no_other() -> None:
    register = Register(lambda _alert: None)
    register.remind("never done", 1)
    register.remind("other", 2)
    taken = []
    for key in register.take(5):
        taken.append(key)
        if key == "never done":
            register.remind(key, 1)
    assert taken.count("never done") > 1
    assert taken[-1] == "other"
    assert (first := register.first()) is not None
    assert first > 5
