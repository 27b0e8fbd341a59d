"""When the supervisor holds a worker for deaf."""

from supervisor.silence import START_TAKES, Silence


def test_only_what_is_silent_for_long_at_a_stretch_is_overdue() -> None:
    silence = Silence(patience=30)
    assert silence.overdue(["mail", "polls"], 0) == set()
    assert silence.overdue(["mail"], 20) == set()
    assert silence.overdue(["mail", "polls"], 30) == {"mail"}, "polls were heard of in between"
    assert silence.overdue(["mail", "polls"], 60) == {"mail", "polls"}


def test_whoever_was_just_started_is_given_time_and_no_more_once_heard() -> None:
    silence = Silence(patience=30)
    silence.forgive(["topups"], 0)
    assert silence.overdue(["topups"], START_TAKES + 29) == set()
    assert silence.overdue(["topups"], START_TAKES + 30) == {"topups"}
    silence.forgive(["topups"], 100)
    silence.overdue([], 105)
    silence.overdue(["topups"], 110)
    assert silence.overdue(["topups"], 140) == {"topups"}
