"""THE table of the back office's pages: method, address, the deed that a role must be allowed.

What is not here does not exist. tests/host_sim/web/office holds every row against every role.
"""

from host_sim.web.office import (
    applying,
    desks,
    detail,
    entry,
    lessons,
    listing,
    staff,
    terminals,
)
from host_sim.web.office.gate import ANYBODY, LOGGED_IN, Page

GET, POST = "GET", "POST"

PAGES = (
    Page(GET, "/", LOGGED_IN, entry.first),
    Page(GET, "/login", ANYBODY, entry.form),
    Page(POST, "/login", ANYBODY, entry.log_in),
    Page(POST, "/logout", LOGGED_IN, entry.log_out),
    Page(GET, "/password", LOGGED_IN, entry.password_form),
    Page(POST, "/password", LOGGED_IN, entry.change_password),
    Page(GET, "/customer", ANYBODY, desks.customer_form),
    Page(POST, "/customer", ANYBODY, desks.customer),
    Page(GET, "/refunds", LOGGED_IN, listing.listed),
    Page(GET, "/refunds.csv", "export", listing.as_csv),
    Page(GET, "/refunds.xlsx", "export", listing.as_xlsx),
    Page(GET, "/refunds/{id:int}", LOGGED_IN, detail.shown),
    Page(GET, "/refunds/{id:int}/print", LOGGED_IN, detail.printable),
    Page(GET, "/refunds/{id:int}/voucher.pdf", LOGGED_IN, detail.voucher),
    Page(GET, "/refunds/{id:int}/evidence/{file:int}", LOGGED_IN, detail.file),
    *(
        Page(POST, f"/refunds/{{id:int}}/{name}", deed, detail.done(name))
        for name, (deed, _) in detail.DEEDS.items()
    ),
    Page(GET, "/apply", "apply", applying.search),
    Page(GET, "/apply/form", "apply", applying.form),
    Page(POST, "/apply/form", "apply", applying.fill_in),
    Page(GET, "/apply/check/{key}", "apply", applying.check),
    Page(POST, "/apply/check/{key}", "apply", applying.hand_in),
    Page(GET, "/review", "review", desks.queue),
    Page(GET, "/clearing", LOGGED_IN, desks.clearing_days),
    Page(POST, "/clearing/advance", "advance the calendar", desks.advance),
    Page(GET, "/lessons", LOGGED_IN, lessons.shown),
    Page(GET, "/terminals", LOGGED_IN, terminals.shown),
    Page(POST, "/terminals", "apply for a terminal", terminals.apply),
    Page(POST, "/terminals/{id:int}/verify", "verify a terminal", terminals.verify),
    Page(POST, "/terminals/{id:int}/dispatch", "dispatch a terminal", terminals.dispatch),
    Page(POST, "/terminals/{id:int}/code", "dispatch a terminal", terminals.new_code),
    Page(GET, "/audit", "see the audit", desks.trail),
    Page(POST, "/audit/verify", "see the audit", desks.verify),
    Page(GET, "/accounts", "manage accounts", staff.shown),
    Page(POST, "/accounts", "manage accounts", staff.add),
    Page(POST, "/accounts/{id:int}/role", "manage accounts", staff.set_role),
    Page(POST, "/accounts/{id:int}/active", "manage accounts", staff.set_active),
    Page(POST, "/accounts/{id:int}/password", "manage accounts", staff.set_password),
)
