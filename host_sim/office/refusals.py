"""What the back office refuses, as codes that pages, API and tests go by."""

# code: (what it means, HTTP status of the API)
CODES = {
    "ORDER_UNKNOWN": ("there is no such order", 404),
    "REFUND_UNKNOWN": ("there is no such refund", 404),
    "NOT_FOUND": ("there is no such thing", 404),
    "ORDER_VOIDED": ("the sale was voided or reversed", 409),
    "OUT_OF_WINDOW": ("the sale is too long ago for a refund", 409),
    "AMOUNT_ZERO": ("the amount must be above zero", 422),
    "AMOUNT_ABOVE_LIMIT": ("the amount is above the limit of one refund", 409),
    "AMOUNT_ABOVE_ORDER": ("the amount is above what is left of the order", 409),
    "AMOUNT_NOT_WHOLE": ("for this reason only the whole order may go back", 409),
    "BALANCE_TOO_LOW": ("the merchant's balance does not cover it", 409),
    "WRONG_VALUE": ("a value is missing or cannot be so", 422),
    "DUPLICATE": ("the same number was used for another refund", 409),
    "OWN_APPLICATION": ("nobody decides what he applied for himself", 403),
    "NOT_ALLOWED": ("this role may not do that", 403),
    "NOT_NOW": ("the state does not allow it (any more)", 409),
    "FILE_KIND": ("only PNG, JPEG and PDF files are taken", 415),
    "FILE_SIZE": ("the file is empty or too large", 413),
    "TOO_MANY": ("there are more rows than a sheet may have", 409),
    "TOO_LARGE": ("the request is larger than any that is taken", 413),
    "FILE_COUNT": ("there are enough files already", 409),
    "KEY_WRONG": ("the API key is missing or not good", 401),
}


class Refused(Exception):
    """`code` is one of CODES; `detail` says more, for a person."""

    def __init__(self, code: str, detail: str = ""):
        super().__init__(f"{CODES[code][0]}: {detail}" if detail else CODES[code][0])
        self.code = code
        self.detail = detail
