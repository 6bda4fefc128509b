"""What the benchmark of the face makes of its figures."""
import pytest

from tools.bench_face import told


@pytest.mark.parametrize("took, verdict", [
    ([30.0] * 9 + [900.0], "pass"), ([69.9] * 10, "pass"), ([70.0] * 10, "OVER"),
    ([20.0] * 4 + [80.0] * 6, "OVER")])
def test_figures_say_whether_a_key_is_seen_in_time_at_the_median(took, verdict):
    assert told(took, 20)["under 50 ms at the median"] == verdict
