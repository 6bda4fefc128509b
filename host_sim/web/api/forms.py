"""What the API takes and gives: names and states as Lakala's open platform has them, amounts in
fen. Everything has a bound, so nothing reaches the database that it could not hold."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from host_sim.office.integrators import STATES
from host_sim.office.refusals import CODES

MOST_FEN = 100_000_000_000

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]+$", min_length=1, max_length=32)]
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=200)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Asked(_Form):
    """A refund that is applied for. The order is named by at least one of the `origin_` fields."""

    merchant_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{15}$")]
    out_trade_no: Code = Field(description="your own number of the refund; twice is once")
    refund_amount: Annotated[int, Field(ge=1, le=MOST_FEN, strict=True, description="fen")]
    refund_reason: Literal["01", "02", "03", "04", "05"] = Field(
        description="01 goods returned, 02 wrong amount or entered twice, 03 payment failed, "
        "04 customer's request, 05 other"
    )
    term_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8}$")] | None = None
    origin_out_trade_no: Code | None = Field(None, description="the order's number")
    origin_trade_no: Code | None = Field(None, description="the sale's reference number")
    origin_log_no: Code | None = Field(None, description="the sale's batch and STAN, with term_no")
    refund_type: Literal["online", "on-site"] = "online"
    quantity: Annotated[int, Field(ge=1, le=9999, strict=True)] = 1
    contact: Annotated[Text, Field(max_length=60)] = ""
    remark: Text = ""


class Decision(_Form):
    """What a reviewer says. Its key must be another one than the applicant's."""

    decision: Literal["approve", "reject", "ask_more"]
    note: Annotated[Text, Field(max_length=60, description="60 bytes of UTF-8 at most")] = ""


class Refund(BaseModel):
    """A refund as it stands."""

    merchant_no: str
    term_no: str
    out_trade_no: str | None
    trade_no: str = Field(description="the refund's reference number")
    refund_amount: int
    refund_reason: str | None
    refund_state: Literal[STATES]  # type: ignore[valid-type]
    state_detail: str
    fail_reason: str | None
    origin_out_trade_no: str
    origin_trade_no: str
    expected_date: str | None
    apply_time: str
    paid_time: str | None


class Problem(BaseModel):
    """Why not."""

    code: Literal[tuple(CODES)]  # type: ignore[valid-type]
    message: str
