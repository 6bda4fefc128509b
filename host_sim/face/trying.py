"""What can be tried at a till of a Site: a first refund, cards, the acquirer's rules, and amounts
that it answers with a code of one's choice. In words of words.py and of the terminal's own texts.
"""
import json
from datetime import timedelta

from sqlalchemy import select

from firmware.text.texts import Texts
from host_sim.acquirer import samples, scenario, schema
from host_sim.acquirer.rules import test_code
from host_sim.acquirer.terms import USUAL
from host_sim.play.player import SAMPLE_CARDS
from host_sim.play.shop import PASSWORDS
from host_sim.show.explain import yuan


def rows(site, till, w):
    """[(what, [texts])] in the language of Words."""
    about = None if site.scenario is None else scenario.read(site.scenario)
    terms = about.terms if about else USUAL
    pins = {number: pin for number, _expiry, pin, _most in samples.CARDS}
    told = [
        (w["log_in"], [f"{w['supervisor' if number == '00' else 'operator']} {number}: {password}"
                       for number, password in sorted(PASSWORDS.items(), reverse=True)]),
        (w["cards"], [f"{w[name]}: PIN {pins[number]}" for name, number in SAMPLE_CARDS.items()]),
        (w["rules"], [*_rules(terms, w), *_limits(_merchant(site, till), w)]),
    ]
    if about:
        told.append((site.scenario, [about.about, *(_coded(row, w) for row in terms.codes)]))
    return told


STEPS = ("first_power", "first_log_in", "first_order", "first_amount", "first_send")


def steps(site, till, w):
    """A first refund at a terminal that is off, key by key, a text each; [] where there is no order
    that would be a plain one."""
    order = _plain_order(site, till)
    supervisor, operator = sorted(PASSWORDS)
    return [] if order is None else [w[step].format(
        operator=operator, password=PASSWORDS[operator], supervisor=PASSWORDS[supervisor],
        order=order) for step in STEPS]


def _plain_order(site, till):
    """Number of a sale before today that can be refunded whole, or None."""
    terms = USUAL if site.scenario is None else scenario.read(site.scenario).terms
    today = site.start.date()
    sold, given = schema.order, select(schema.posting.c.order_no)
    asked = select(sold.c.order_no).where(
        sold.c.merchant_id == till.shop.merchant, sold.c.sold_on < f"{today:%Y%m%d}",
        sold.c.sold_on > f"{today - timedelta(days=terms.window_days):%Y%m%d}",
        sold.c.hold_refunds.is_(False),
        sold.c.order_no.not_in(given.where(schema.posting.c.kind.in_(("refund", "void")))),
    ).order_by(sold.c.order_no).limit(1)
    with site.books.engine.connect() as connection:
        return connection.execute(asked).scalar_one_or_none()


def amounts(site, till, language):
    """[(cents, what the operator reads)] where the merchant answers test amounts, else []."""
    if not _merchant(site, till).test_amounts:
        return []
    texts = Texts(language)
    codes = [test_code(cents, 0) for cents in range(100)]
    return [(code, texts[f"code.{code}"].replace("\n", " ")) for code in codes if code != "00"]


def _merchant(site, till):
    with site.books.engine.connect() as connection:
        asked = select(schema.merchant).where(schema.merchant.c.merchant_id == till.shop.merchant)
        return connection.execute(asked).one()


def _rules(terms, w):
    told = [w["rule_window"].format(days=terms.window_days)]
    if terms.limit_fen:
        told.append(w["rule_limit"].format(amount=yuan(terms.limit_fen)))
    return told


def _limits(merchant, w):
    """What holds a refund for review, one text each."""
    limits = json.loads(merchant.risk)
    told = [w["risk_" + name].format(limits[name])
            for name in ("per_terminal", "per_operator", "sales_percent") if name in limits]
    if "amount_fen" in limits:
        told.append(w["risk_amount"].format(yuan(limits["amount_fen"])))
    if "opens" in limits or "closes" in limits:
        told.append(w["risk_hours"].format(*(f"{at[:2]}:{at[2:]}" for at in (
            limits.get(name, "0000") for name in ("opens", "closes")))))
    return told


def _coded(row, w):
    """A row of the code table: what it answers, to what."""
    fits = [w["to_" + kind] for kind in row.to]
    fits += [f"{w['amount']} {yuan(row.amount)}"] if row.amount is not None else []
    fits += [f"{w['amount']} ≥ {yuan(row.from_amount)}"] if row.from_amount is not None else []
    fits += [f"{w['amount']} …{row.cents:02}"] if row.cents is not None else []
    fits += [f"{w[name]} {value}" for name, value in (("order", row.order), ("till", row.terminal),
                                                      ("merchant", row.merchant)) if value]
    fits += [w["first_tries"].format(row.first_tries)] if row.first_tries else []
    fits += [w["at_try"].format(row.at_try)] if row.at_try else []
    fits += ["{:%H:%M}-{:%H:%M}".format(*row.hours)] if row.hours else []
    return f"{row.answer}: {', '.join(fits)}"
