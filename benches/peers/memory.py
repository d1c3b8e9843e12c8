"""Peak resident memory of a stretch of this process."""

import resource
import sys


class Watch:
    """Watches from where it is made on."""

    def __init__(self):
        try:
            # Sets the peak back to what is resident now (Linux).
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")
            self.exact = True
        except OSError:
            self.exact = False
        self.base = peak(self.exact)

    def result(self):
        """Bytes before and the peak since; `memory_exact` is false where the peak may be older."""
        return {"base_bytes": self.base, "peak_bytes": peak(self.exact), "memory_exact": self.exact}


def peak(exact):
    if exact:
        with open("/proc/self/status") as file:
            line = next(line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
