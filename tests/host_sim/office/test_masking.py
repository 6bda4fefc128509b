"""What is masked of a customer's data, and what stays readable."""

import pytest

from host_sim.office import masking


@pytest.mark.parametrize("text, kept", [
    ("card 6205500000000000004 ok", "card 620550*********0004 ok"),
    ("4242 4242 4242 4242", "424242******4242"), ("4242-4242-4242-4242", "424242******4242"),
    ("call 13812345678!", "call 138****5678!"), ("021-62345678", "021****5678"),
    ("to li.si@example.com.", "to l***@example.com."),
    ("order 20260004, ref 607509000004", "order 20260004, ref 607509000004"),
    ("4242424242424241", "4242424242424241"), ("", ""), ("500.00", "500.00"),
])  # fmt: skip
def test_written_text_keeps_what_is_no_secret(text, kept):
    assert masking.written(text) == kept


@pytest.mark.parametrize("text, shown", [
    ("13812345678", "138****5678"), ("a@b.cn", "a***@b.cn"), ("王小明", "王**"), ("", ""),
    ("6234567", "62****67"),
])  # fmt: skip
def test_contact_is_recognised_and_not_usable(text, shown):
    assert masking.contact(text) == shown
