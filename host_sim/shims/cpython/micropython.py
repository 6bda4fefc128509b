"""The few names of MicroPython's `micropython` module that have a meaning on CPython."""


def const(value):
    return value


def native(function):
    return function


def viper(function):
    return function
