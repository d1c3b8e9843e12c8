"""Running one measurement in a process of its own: on so many threads, with a time limit, its memory watched."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """A measurement that did not come to its end; its text is what the table says."""


def run(command, threads, timeout, folder=None):
    """Runs a program to its end: its output, the seconds it took and its peak resident memory in bytes.

    The caller's own memory must be small: until a child starts its program it counts as the child's.
    """
    environment = dict(os.environ)
    for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"]:
        environment[name] = str(threads)
    # `torch.compile` would start compilers that outlive a row cut off.
    environment["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
    if folder is not None:
        environment["TORCHINDUCTOR_CACHE_DIR"] = str(Path(folder) / "inductor")
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        try:
            child = subprocess.Popen(command, stdout=out, stderr=err, env=environment, preexec_fn=pin(threads))
        except OSError as error:
            raise Failed(f"{Path(command[0]).name}: {error.strerror}") from error
        usage = wait(child, start + timeout)
        seconds = time.perf_counter() - start
        text = [(file.seek(0), file.read().decode(errors="replace"))[1] for file in (out, err)]
    if usage is None:
        raise Failed(f"no answer within {timeout:.0f} s")
    if child.returncode != 0:
        lines = [line for line in text[1].splitlines() if line.strip()]
        raise Failed(f"exit code {child.returncode}: {lines[-1][:200] if lines else 'no message'}")
    # Linux counts in KiB, macOS in bytes.
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return text[0], seconds, peak


def work(job, threads, timeout, folder):
    """Runs a job of `worker.py`, which answers with JSON."""
    out, _, _ = run([sys.executable, str(HERE / "worker.py"), json.dumps(job)], threads, timeout, folder)
    answer = json.loads(out.splitlines()[-1])
    if "error" in answer:
        raise Failed(answer["error"])
    return answer


def pin(threads):
    """Holds a child to as many cores as it may have threads, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))[:threads]
    return lambda: os.sched_setaffinity(0, cores)


def wait(child, deadline):
    """What the child used, or None if it had to be ended."""
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid != 0:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.perf_counter() > deadline:
            child.kill()
            child.wait()
            return None
        time.sleep(0.002)
