"""What the numbers in DF13 (ours) stand for: the rules that held a refund at the till, until the
supervisor let it pass. firmware/risk.py has the rules themselves."""

RISK_RULES = """
01 refunds of the operator in an hour
02 large amount
04 the order again
05 out of hours
"""
