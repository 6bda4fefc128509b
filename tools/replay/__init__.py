"""Replay: what a capture holds happens again, to one end at a time, and what differs is named."""
