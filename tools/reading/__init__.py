"""Captures read to a person: the conversation in words, as a page, and two of them compared."""
