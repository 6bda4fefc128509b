"""STANs: used once, durable before use, and a batch that has used them all says so."""

from firmware.params import Counters


class Files(dict):
    """What Counters needs of a Storage."""

    def read(self, path):
        return self.get(path)

    write = dict.__setitem__


def test_stan_is_durable_before_it_is_on_any_message():
    files = Files()
    taken = Counters(files).take_stan()
    assert Counters(files).take_stan() == taken + 1


def test_batch_is_used_up_before_a_stan_repeats_and_a_new_one_is_not():
    files = Files(counters=b"batch=101\nstan=999997\n")
    counters = Counters(files)
    counters.adopt(102, 0)
    assert [counters.take_stan() for _ in range(3)] == [999_998, 999_999, 1]
    counters._stan = 999_995  # all the others
    assert counters.take_stan() == 999_996 and counters.last
    assert counters.take_stan() == 999_997 and not counters.last
    counters = Counters(files)
    counters.take_stan()
    counters.adopt(102, 0)
    assert not counters.last
    counters.adopt(103, 0)
    assert counters.last == 999_998


def test_new_terminal_has_a_whole_round_of_stans():
    assert Counters(Files()).last == 999_999
