"""Captures: what passed between a terminal and a host, in a file that Wireshark opens too."""
