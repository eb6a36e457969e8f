"""Pairs and their features, as features.mjs left them."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from same import Same


class Data:
    """X [rows, features], y, and for each row its set, kind, group (texts that belong together) and weight.

    `other`: the group of b, which is that of a but in rows that were put together by nearness (traffic_pairs.py).
    """

    def __init__(self, folder: str, sets: list[str]):
        base = Path(folder)
        spec = json.load(open(base / "names.json"))
        self.names = [f["name"] for f in spec]
        self.monotone = [f["monotone"] for f in spec]
        self.rows, parts = [], []
        for name in sets:
            rows = [json.loads(line) for line in open(base / f"{name}.rows.jsonl", encoding="utf8") if line.strip()]
            for row in rows:
                row["set"] = name
            self.rows += rows
            parts.append(np.fromfile(base / f"{name}.features.f64", dtype="<f8").reshape(len(rows), len(self.names)))
        self.X = np.concatenate(parts)
        self.y = np.array([bool(r["equivalent"]) for r in self.rows])
        self.set = np.array([r["set"] for r in self.rows])
        self.kind = np.array([f"{r['set']}:{r['kind']}" for r in self.rows])
        self.same = np.array([r["same"] for r in self.rows])
        # By a guard that is no feature.
        self.stopped = np.array([r["stopped"] for r in self.rows])
        self.long = np.array([r["long"] for r in self.rows])
        self.disputable = np.array([r["disputable"] for r in self.rows])
        self.group, self.other = groups(self.rows)
        self.groups = max(self.group.max(), self.other.max()) + 1

    def column(self, name: str) -> np.ndarray:
        return self.X[:, self.names.index(name)]

    def styles(self) -> dict[str, np.ndarray]:
        """Rows with a question in them, and of statements, titles or key words: what a score is worth differs."""
        asked = self.column("asked") > 0
        return {"asked": asked, "stated": ~asked}


def groups(rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that share a text or a cluster of questions get one number: never on both sides of a split. The numbers of a and b."""
    same = Same()
    for row in rows:
        a, b = (f"t:{row[x].lower()}" for x in "ab")
        joined = [(a, f"c:{row['clusters'][0]}"), (b, f"c:{row['clusters'][1]}")] if row.get("clusters") else [(a, b)]
        if row["cluster"]:
            joined.append((a, f"c:{row['cluster']}"))
        for one, other in joined:
            same.join(other, to=one)
    ids: dict[str, int] = defaultdict(lambda: len(ids))
    a, b = (np.array([ids[same.root(f"t:{row[x].lower()}")] for row in rows]) for x in "ab")
    return a, b


def marked(data: "Data", rows: np.ndarray) -> np.ndarray:
    """The groups of which these rows are: [groups], true or false."""
    chosen = np.zeros(data.groups, bool)
    chosen[data.group[rows]] = chosen[data.other[rows]] = True
    return chosen


def apart(data: "Data", chosen: np.ndarray) -> np.ndarray:
    """Rows of which a or b belongs to a chosen group. chosen: [groups], true or false."""
    return chosen[data.group] | chosen[data.other]


def folds(data: "Data", k: int, seed: int) -> np.ndarray:
    """For each group the fold that it is in."""
    return np.random.default_rng(seed).integers(0, k, data.groups)


def set_weights(data: "Data", mask: np.ndarray, power=0.7, generated=0.75) -> np.ndarray:
    """Each set counts by a power of its size: the big ones lead, the small ones are heard; made-up pairs by a share of that."""
    weight = np.zeros(len(data.y))
    for name in np.unique(data.set[mask]):
        rows = mask & (data.set == name)
        n = rows.sum()
        weight[rows] = n**power / n * (generated if name.startswith("generated") else 1)
    return weight * mask.sum() / weight.sum()
