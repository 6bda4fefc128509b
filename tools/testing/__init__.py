"""For tests of a user's own: the pytest plugin of the wheel, and the person at the till."""
