"""How much later a byte arrives for having been listened to, counted in constant memory."""
from collections import Counter


class Latency:
    """Takes microseconds, tells percentiles; two digits of each are kept."""

    def __init__(self):
        self._counts = Counter()
        self.pieces = 0
        self.worst = 0

    def add(self, us):
        self.pieces += 1
        self.worst = max(self.worst, us)
        scale = 10 ** max(0, len(str(us)) - 2)
        self._counts[-(-us // scale) * scale] += 1

    def percentile(self, percent):
        """Microseconds that so many of a hundred pieces did not exceed, rounded up."""
        left = self.pieces * percent / 100
        for us, count in sorted(self._counts.items()):
            left -= count
            if left <= 0:
                return min(us, self.worst)
        return self.worst

    def figures(self):
        """{"pieces", "median", "p95", "p99", "worst"}, in microseconds."""
        return {"pieces": self.pieces, "median": self.percentile(50), "p95": self.percentile(95),
                "p99": self.percentile(99), "worst": self.worst}

    def words(self):
        """The figures in a line, for a person."""
        if not self.pieces:
            return "nothing was forwarded"
        told = self.figures()
        return (f"added latency of {told['pieces']} pieces: median {told['median']} us, 95% "
                f"{told['p95']} us, 99% {told['p99']} us, worst {told['worst']} us")
