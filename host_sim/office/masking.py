"""Contact data as anybody may see it (B12): enough to recognise, not enough to use."""


def contact(text: str) -> str:
    """138****5678, a***@example.com, 王**; never the whole of anything but nothing."""
    name, at, host = text.strip().rpartition("@")
    if at:
        return f"{name[:1]}***@{host}"
    if len(host) >= 7:
        return f"{host[:3]}****{host[-4:]}" if len(host) > 10 else f"{host[:2]}****{host[-2:]}"
    return host[:1] + "*" * (len(host) - 1)
