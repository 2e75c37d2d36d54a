from simulators.strain import Strain


def noted(*turns):
    strain = Strain()
    for behind, held in turns:
        strain.note(behind, held=held)
    return strain


def test_who_is_never_late_has_no_bottleneck():
    strain = noted((-0.2, False), (0.4, False), (0.9, True))
    assert strain.bottleneck is None
    assert str(strain) == "on time"


def test_who_is_late_while_the_broker_is_awaited_blames_the_broker():
    strain = noted((2.0, True), (5.0, True), (3.0, False))
    assert strain.bottleneck == "broker"
    assert strain.worst_s == 5.0
    assert "3.0 s behind: the broker" in str(strain)


def test_who_is_late_with_nothing_awaited_blames_the_own_machine():
    assert noted((2.0, True), (2.5, False), (3.0, False)).bottleneck == "simulators"
