"""Pairs and their features, as features.mjs left them."""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np


class Data:
    """X [rows, features], y, and for each row its set, kind, group (texts that belong together) and weight."""

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
        self.long = np.array([r["long"] for r in self.rows])
        self.disputable = np.array([r["disputable"] for r in self.rows])
        self.group = groups(self.rows)

    def column(self, name: str) -> np.ndarray:
        return self.X[:, self.names.index(name)]


def groups(rows: list[dict]) -> np.ndarray:
    """Rows that share a text or a cluster of questions get one number: never on both sides of a split."""
    parent: dict[str, str] = {}

    def root(x: str) -> str:
        parent.setdefault(x, x)
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for row in rows:
        keys = [f"t:{row['a'].lower()}", f"t:{row['b'].lower()}"] + ([f"c:{row['cluster']}"] if row["cluster"] else [])
        for key in keys[1:]:
            parent[root(key)] = root(keys[0])
    ids: dict[str, int] = defaultdict(lambda: len(ids))
    return np.array([ids[root(f"t:{row['a'].lower()}")] for row in rows])


def folds(group: np.ndarray, k: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, k, group.max() + 1)[group]


def set_weights(data: "Data", mask: np.ndarray, power=0.7, generated=0.5) -> np.ndarray:
    """Each set counts by a power of its size: the big ones lead, the small ones are heard; made-up pairs by a share of that."""
    weight = np.zeros(len(data.y))
    for name in np.unique(data.set[mask]):
        rows = mask & (data.set == name)
        n = rows.sum()
        weight[rows] = n**power / n * (generated if name.startswith("generated") else 1)
    return weight * mask.sum() / weight.sum()
