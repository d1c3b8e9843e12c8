"""A game that the program `values` of this folder's crate plays: values of coalitions, and Einthoven's estimates."""

import os
import subprocess
from dataclasses import dataclass

import numpy as np


@dataclass
class Estimate:
    """Values of the players or sets, and the seconds that our estimator took: everything but the values of the coalitions."""

    values: np.ndarray
    design_seconds: float
    seconds: float


class Player:
    """Starts `values` with these arguments: `--players leads` or `--game FILE`."""

    def __init__(self, program, *arguments):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([program, *arguments], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self.n = int(self._line()[1])

    def __call__(self, coalitions):
        rows = np.asarray(coalitions, dtype=bool).reshape(-1, self.n)
        packed = np.zeros((len(rows), -(-self.n // 32) * 4), dtype=np.uint8)
        bits = np.packbits(rows, axis=1, bitorder="little")
        packed[:, : bits.shape[1]] = bits
        self._ask(f"values {len(rows)}", packed.tobytes())
        return self._numbers(self._line())

    def estimate(self, method, budget, seed, outputs=1):
        self._ask(f"estimate {method} {budget} {seed} {outputs}")
        head = self._line()
        return Estimate(self._numbers(head), float(head[2]), float(head[2]) + float(head[3]))

    def interactions(self, method, index, order, budget, seed):
        """The values of all sets of one to `order` players, as itertools.combinations would list them."""
        self._ask(f"interactions {method} {index} {order} {budget} {seed}")
        head = self._line()
        return Estimate(self._numbers(head), float(head[2]), float(head[2]) + float(head[3]))

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _ask(self, line, more=b""):
        self.process.stdin.write(line.encode() + b"\n" + more)
        self.process.stdin.flush()

    def _line(self):
        line = self.process.stdout.readline().decode().strip()
        if not line or line.startswith("failed"):
            raise RuntimeError(line or "the program `values` has ended")
        return line.split(" ")

    def _numbers(self, head):
        return np.frombuffer(self.process.stdout.read(8 * int(head[1])), dtype="<f8")


def of_game(program, path, game):
    """The player of a game file, be it a file of ours or one that names the players of the built-in model."""
    if "players" in game:
        return Player(program, "--players", game["players"])
    return Player(program, "--game", os.fspath(path))
