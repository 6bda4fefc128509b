"""The kernel: waiting for the first of several, time over the tick wrap, tasks that die."""

import machine
import pytest

from firmware.kernel import Flag, Kernel, Queue
from host_sim.bench.flash import Flash
from host_sim.chip import TICKS_AT_ZERO, TICKS_PERIOD, Chip


@pytest.fixture
def chip():
    machine.board = Chip(Flash())
    return machine.board


def run(kernel, chip, ms):
    """Let `ms` pass, jumping from deadline to deadline."""
    end = chip.now_ms + ms
    left = kernel.step()
    while left is not None and chip.now_ms + left <= end:
        chip.now_ms += left
        left = kernel.step()
    chip.now_ms = end


def note(log, kernel, wait):
    async def task():
        log.append((await wait(), kernel.now()))

    return task()


def test_first_returns_the_index_of_what_became_ready(chip):
    kernel, one, other, log = Kernel(), Flag(), Flag(), []
    kernel.spawn(note(log, kernel, lambda: kernel.first(one, other, timeout_ms=1000)))
    run(kernel, chip, 10)
    other.set()
    run(kernel, chip, 0)
    assert [index for index, _ in log] == [1]


def test_first_prefers_the_earlier_of_two_that_are_ready(chip):
    kernel, one, other, log = Kernel(), Flag(), Flag(), []
    one.set()
    other.set()
    kernel.spawn(note(log, kernel, lambda: kernel.first(one, other)))
    run(kernel, chip, 0)
    assert log[0][0] == 0


def test_first_returns_minus_one_at_its_timeout_and_not_before(chip):
    kernel, log = Kernel(), []
    kernel.spawn(note(log, kernel, lambda: kernel.first(Flag(), timeout_ms=50)))
    run(kernel, chip, 49)
    assert log == []
    run(kernel, chip, 1)
    assert log[0][0] == -1


def test_a_timeout_runs_over_the_wrap_of_the_tick_counter(chip):
    kernel, log = Kernel(), []
    kernel.spawn(note(log, kernel, lambda: kernel.sleep(1000)))
    assert kernel.step() == 1000
    chip.now_ms = 999
    assert chip.ticks_ms() < TICKS_AT_ZERO  # the counter has wrapped meanwhile
    assert kernel.step() == 1
    assert log == []
    chip.now_ms = 1000
    assert kernel.step() is None
    assert log == [(-1, (TICKS_AT_ZERO + 1000) % TICKS_PERIOD)]


def test_until_and_elapsed_count_over_the_wrap(chip):
    kernel = Kernel()
    began = kernel.now()
    chip.now_ms = 500
    assert kernel.elapsed(began) == 500
    assert kernel.until(began + 800) == 300  # not reduced modulo the period by the caller
    assert kernel.until(began) == 0


def test_step_returns_none_when_nothing_has_a_deadline(chip):
    kernel = Kernel()
    kernel.spawn(note([], kernel, lambda: kernel.first(Flag())))
    assert kernel.step() is None
    assert not kernel.pending()


def test_pending_tells_that_an_interrupt_came_behind_the_step(chip):
    kernel, flag = Kernel(), Flag()
    kernel.spawn(note([], kernel, lambda: kernel.first(flag)))
    kernel.step()
    flag.set()
    assert kernel.pending()
    kernel.step()
    assert not kernel.pending()


def test_a_task_that_crashes_is_reported_and_the_others_go_on(chip):
    crashes, log = [], []
    kernel = Kernel(on_crash=lambda task, error: crashes.append((task, error)))

    async def bad():
        await kernel.sleep(5)
        raise ValueError("broken")

    task = kernel.spawn(bad())
    kernel.spawn(note(log, kernel, lambda: kernel.sleep(10)))
    run(kernel, chip, 20)
    assert crashes == [(task, task.error)] and isinstance(task.error, ValueError)
    assert task.done and len(log) == 1


def test_a_cut_of_power_is_no_crash_and_passes_through(chip):
    class Cut(BaseException):
        pass

    kernel = Kernel()

    async def task():
        await kernel.sleep(0)
        raise Cut

    kernel.spawn(task())
    with pytest.raises(Cut):
        kernel.step()


def test_cancel_ends_a_task_where_it_waits_and_runs_its_finally(chip):
    kernel, log = Kernel(), []

    async def task():
        try:
            await kernel.sleep(100)
            log.append("late")
        finally:
            log.append("tidied")

    waiting = kernel.spawn(task())
    kernel.step()
    waiting.cancel()
    waiting.cancel()
    run(kernel, chip, 200)
    assert log == ["tidied"] and waiting.done


def test_a_task_that_cancels_itself_ends_at_its_next_wait(chip):
    kernel, log, tasks = Kernel(), [], []

    async def task():
        tasks[0].cancel()
        log.append("here")
        await kernel.sleep(1)
        log.append("never")

    tasks.append(kernel.spawn(task()))
    run(kernel, chip, 10)
    assert log == ["here"]


def test_a_task_can_be_waited_for_and_keeps_its_result(chip):
    kernel, log = Kernel(), []

    async def work():
        await kernel.sleep(30)
        return "done"

    async def wait(task):
        log.append((await kernel.first(task, timeout_ms=100), task.result))

    kernel.spawn(wait(kernel.spawn(work())))
    run(kernel, chip, 100)
    assert log == [(0, "done")]


def test_a_task_spawned_by_a_task_runs_in_the_same_step(chip):
    kernel, log = Kernel(), []

    async def parent():
        kernel.spawn(note(log, kernel, lambda: kernel.sleep(0)))
        await kernel.sleep(1000)

    kernel.spawn(parent())
    kernel.step()
    assert len(log) == 1


def test_a_task_that_never_rests_does_not_hang_the_step(chip):
    kernel, flag = Kernel(), Flag()
    flag.set()

    async def restless():
        while True:
            await kernel.first(flag)

    kernel.spawn(restless())
    assert kernel.step() == 0


def test_a_full_queue_drops_what_comes_and_says_so(chip):
    queue = Queue(2)
    assert [queue.put(item) for item in "abc"] == [True, True, False]
    assert (queue.get(), queue.get()) == ("a", "b")
    assert not queue.ready
    with pytest.raises(IndexError):
        queue.get()


def test_run_waits_for_what_step_says_and_looks_for_interrupts(chip):
    kernel = Kernel()
    kernel.spawn(note([], kernel, lambda: kernel.sleep(40)))
    waits = []

    def wait(ms, woken):
        waits.append((ms, woken()))
        if ms is None:
            raise StopIteration
        chip.now_ms += ms

    with pytest.raises(StopIteration):
        kernel.run(wait)
    assert waits == [(40, False), (None, False)]
