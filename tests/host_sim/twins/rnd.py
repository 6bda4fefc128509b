"""Numbers that are the same in both interpreters."""


class Rnd:
    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        self._state = (self._state * 69069 + 12345) & 0xFFFFFFF
        return (self._state >> 8) % limit
