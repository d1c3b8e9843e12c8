"""Makes the shapiq_*.json in this folder with shapiq 1.8.0, to hold our reader to what it writes."""
import json
import pathlib

import numpy as np
import shapiq

assert shapiq.__version__ == "1.8.0"
MOEBIUS = {(): 0.25, (0,): 1.0, (1,): -0.5, (0, 1): 2.0, (1, 2, 3): 0.75}


def game(coalitions):
    inside = lambda row: [value for players, value in MOEBIUS.items() if all(row[player] for player in players)]
    return np.array([sum(inside(row)) for row in np.atleast_2d(coalitions)])


def save(name, values):
    path = pathlib.Path(name)
    values.save(path)
    # When it was made is nobody's business, and would change with every run.
    data = json.loads(path.read_text())
    data["timestamp"] = None
    path.write_text(json.dumps(data, indent=1) + "\n")


computer = shapiq.ExactComputer(game, n_players=4)
for index in ["k-SII", "BII", "Co-Moebius", "JointSV"]:
    save(f"shapiq_{index.lower()}.json", computer(index, 2))
save("shapiq_estimate.json", shapiq.InteractionValues(
    np.array([0.5, -1.5, 0.125]), index="FSII", max_order=3, n_players=5000, min_order=1,
    interaction_lookup={(4999, 7, 12): 0, (12,): 1, (3, 2500): 2}, estimated=True, estimation_budget=4096,
    baseline_value=-1.0,
))
