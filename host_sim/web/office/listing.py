"""The records: a list with filters, a page at a time; the same as CSV and XLSX."""

import asyncio
import tempfile
from itertools import islice

import xlsxwriter
from starlette.responses import StreamingResponse

from host_sim.office import audit, masking, records, schema
from host_sim.office.refusals import Refused
from host_sim.web.office import values
from host_sim.web.office.desk import Desk

A_PAGE = 50
MOST_SHEET = 200_000  # rows of an XLSX, which is made whole before it goes out
TURN = 2_000  # rows before others get their turn
PIECE = 1 << 16
FIELDS = ("state", "order_no", "card_tail", "least", "most", "first", "last", "merchant_id",
          "reason", "type", "channel", "terminal_id", "applicant", "product", "before")  # fmt: skip


def _wanted(desk, query) -> records.Filter:
    """Of a merchant's own people only their merchant's, whatever the address asks for."""
    same = ("state", "order_no", "reason", "type", "channel", "terminal_id",
            "applicant", "product")  # fmt: skip
    return records.Filter(
        **{name: query[name] or None for name in same},
        merchant_id=desk.actor.merchant_id or query["merchant_id"] or None,
        card_tail=values.tail(query["card_tail"]),
        least_fen=values.amount(query["least"], "from_amount"),
        most_fen=values.amount(query["most"], "to_amount"),
        first=values.day(query["first"], "from_day"),
        last=values.day(query["last"], "to_day"),
    )


async def listed(desk: Desk):
    """Newest first. A page goes on from the number of the last row before it."""
    query = {name: desk.asked(name)[:60] for name in FIELDS}
    rows, count, wrong = [], 0, ""
    with desk.store.reading() as connection:
        shops = values.shops(connection, desk.actor.merchant_id)
        try:
            wanted = _wanted(desk, query)
            before = values.whole(query["before"], "before") if query["before"] else None
            count = records.count(connection, wanted)
            many = count > records.COUNTED
            rows = list(records.page(connection, wanted, before, A_PAGE + 1, many))
        except Refused as refusal:
            wrong = desk.w.refusal(refusal.code, refusal.detail)
    told = desk.w["many"] if count > records.COUNTED else desk.w.count(count)
    return desk.page(
        "refunds.html", 422 if wrong else 200, here="refunds", query=query, shops=shops,
        shop_names=dict(shops), states=schema.STATES, rows=rows[:A_PAGE], count=told, wrong=wrong,
        next=rows[A_PAGE - 1].id if len(rows) > A_PAGE else "",
    )  # fmt: skip


def _export(desk, kind):
    """What is exported, noted in the audit: who took which records away."""
    query = {name: desk.asked(name)[:60] for name in FIELDS}
    wanted = _wanted(desk, query)
    asked = {name: masking.written(value) for name, value in query.items() if value}
    with desk.store.writing() as connection:
        audit.append(connection, desk.actor, f"exported {kind}", "refunds", desk.now, new=asked)
    return wanted


def _sent(desk, pieces, kind, media_type):
    name = f"refunds-{desk.now:%Y%m%d-%H%M}.{kind}"
    return StreamingResponse(pieces, media_type=media_type, headers={
        "Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip


async def as_csv(desk: Desk):
    wanted = _export(desk, "csv")

    async def pieces():
        async with desk.house.exports:
            with desk.store.reading() as connection:
                for piece in records.as_csv(connection, wanted):
                    yield piece
                    await asyncio.sleep(0)

    return _sent(desk, pieces(), "csv", "text/csv; charset=utf-8")


async def as_xlsx(desk: Desk):
    """Texts are written as texts, so nothing in them is a formula."""
    wanted = _export(desk, "xlsx")
    with desk.store.reading() as connection:
        if records.count(connection, wanted, MOST_SHEET) > MOST_SHEET:
            raise Refused("TOO_MANY", str(MOST_SHEET))

    async def pieces():
        with tempfile.TemporaryFile() as file:
            book = xlsxwriter.Workbook(file, {"constant_memory": True})
            sheet = book.add_worksheet(desk.w["room_refunds"])
            bold = book.add_format({"bold": True})
            time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            money = book.add_format({"num_format": "#,##0.00"})
            for at, name in enumerate(records.COLUMNS):
                sheet.write_string(0, at, desk.w["column_" + name], bold)
            sheet.set_column(0, len(records.COLUMNS) - 1, 16)
            sheet.freeze_panes(1, 0)
            with desk.store.reading() as connection:
                rows = enumerate(records.rows(connection, wanted), 1)
                while part := list(islice(rows, TURN)):
                    for number, row in part:
                        _write(sheet, number, row, time, money)
                    await asyncio.sleep(0)
            book.close()
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece
                await asyncio.sleep(0)

    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _sent(desk, pieces(), "xlsx", kind)


def _write(sheet, number, row, time, money):
    for at, (name, value) in enumerate(zip(records.COLUMNS, row, strict=True)):
        if value is None:
            continue
        if name == "amount_fen":
            sheet.write_number(number, at, float(value), money)
        elif hasattr(value, "hour"):
            sheet.write_datetime(number, at, value, time)
        elif isinstance(value, int):
            sheet.write_number(number, at, value)
        else:
            sheet.write_string(number, at, str(value))
