"""The firmware's version: the project's, held to it by a test."""

VERSION = "0.1.0"
