"""A host that is elsewhere: what the terminal sends leaves by a port, what comes there is for it.

The port gives and takes bytes without waiting: read(), write(data), a `descriptor` to wait at.
"""
import asyncio


class PortHost:
    """Where World wants a host. `told`: what is wrong with the port, None while it serves."""

    def __init__(self, port):
        self.port = port
        self.told = None
        self._come = b""

    def receive(self, data, now_ms, now):
        """What the port does not take at once is lost, as on a line without flow control."""
        if self.told is None:
            self._try(self.port.write, data)

    def poll(self, now_ms, now):
        """Nothing here is due by itself."""

    def outgoing(self):
        come, self._come = self._come, b""
        return come

    def deadline(self):
        return 0 if self._come else None

    def attend(self, face):
        """Take what comes at the port for a Face's terminal, in the event loop that runs."""
        loop = asyncio.get_running_loop()

        def look():
            self._come += self._try(self.port.read) or b""
            if self.told is not None:
                loop.remove_reader(self.port.descriptor)
            for till in face.site.tills.values():
                till.world.serve_by(self)   # it has something to say
            face.pace.wake()

        loop.add_reader(self.port.descriptor, look)

    def leave(self):
        """Undo attend()."""
        asyncio.get_running_loop().remove_reader(self.port.descriptor)

    def _try(self, act, *values):
        try:
            return act(*values)
        except Exception as reason:  # whatever the port calls it: it is gone
            self.told = str(reason)
            return b""
