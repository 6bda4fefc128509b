"""Captures in Wireshark: the Lua dissector, and exports for dissectors of others."""
