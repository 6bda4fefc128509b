"""Small programs run on both interpreters: what they print must be the same, byte for byte."""
