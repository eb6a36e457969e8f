"""Trains the joint encoder on pairs and the states of their texts, and scores the pairs that it did not learn from.

python3 joint.py --features DIR --states DIR --embedder model_int8.onnx --out DIR [--stream FILE] [--leave REGEX] [--epochs 2] [--seed 1] SET ...

Writes OUT/joint.pt, OUT/held.npy (which rows were held out) and OUT/scores.npy: a logit per row, NaN where the row was learned from or the
network may not be asked; OUT/pairs.jsonl: the texts of the same rows, for joint-scores.mjs, which runs the exported file.
Rows are split by group (data.py): a quarter of the groups is held out, half of those with rows of a small set. `--stream`: groups with a text of
that stream are held out whole. `--leave`: rows whose `set:kind` matches, and groups of which any such row is, are held out.
"""

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import torch
from data import Data, apart, marked, set_weights
from joint_model import Batch, Joint, initialise
from states import States
from torch.nn import functional as F
from train import TOKENS_MAX, usable

HELD, HELD_SMALL = 0.25, 0.5
LARGE = 5000
BATCH, CHUNK = 48, 60
RATES = {"layers": 1e-4, "head": 1e-3, "cross": 3e-3}
WARM_UP = 0.06
SMOOTHING = 0.04


def held_out(data: Data, seed: int, stream: set[str], leave: str | None) -> np.ndarray:
    """Which rows must not be learned from: whole groups."""
    large = {s for s in np.unique(data.set) if (data.set == s).sum() >= LARGE}
    small = np.zeros(data.groups, bool)
    small[data.group[~np.isin(data.set, list(large))]] = True
    held = np.random.default_rng(seed).random(data.groups) < np.where(small, HELD_SMALL, HELD)
    for i, row in enumerate(data.rows):
        for text, group in ((row["a"], data.group[i]), (row["b"], data.other[i])):
            if text in stream:
                held[group] = True
    if leave:
        left = np.array([re.search(leave, kind) is not None for kind in data.kind])
        # Rows of a rule's kind share texts with half of the questions: these rows go, not their groups.
        held |= marked(data, left & ~np.char.startswith(data.set, "generated"))
        return apart(data, held) | left
    return apart(data, held)


class Pairs:
    def __init__(self, data: Data, states: States):
        self.rows, self.states = data.rows, states
        self.known = np.array([r["a"] in states and r["b"] in states for r in data.rows])
        self.lengths = np.array([[states.at.get(r[x], (0, 0))[1] for x in "ab"] for r in data.rows])

    def batch(self, index: np.ndarray) -> Batch:
        parts = [self.states.of(self.rows[i][x]) for i in index for x in "ab"]
        return Batch(np.concatenate(parts).astype("f4"), self.lengths[index])

    def batches(self, index: np.ndarray, size: int) -> list[np.ndarray]:
        """Rows of about one length together: padding costs."""
        by_length = index[np.argsort(self.lengths[index].sum(1), kind="stable")]
        return [by_length[i : i + size] for i in range(0, len(by_length), size)]

    def shuffled(self, index: np.ndarray, rng) -> list[np.ndarray]:
        index = rng.permutation(index)
        chunks = [index[i : i + BATCH * CHUNK] for i in range(0, len(index), BATCH * CHUNK)]
        batches = [batch for chunk in chunks for batch in self.batches(chunk, BATCH)]
        return [batches[i] for i in rng.permutation(len(batches))]


def score(model: Joint, pairs: Pairs, index: np.ndarray) -> np.ndarray:
    model.eval()
    found = np.full(len(pairs.rows), np.nan)
    with torch.no_grad():
        for batch in pairs.batches(index, 64):
            found[batch] = model(pairs.batch(batch)).numpy()
    model.train()
    return found


def auc(z: np.ndarray, y: np.ndarray) -> float:
    rank = np.argsort(np.argsort(z)) + 1
    n = y.sum()
    return (rank[y].sum() - n * (n + 1) / 2) / (n * (len(y) - n))


def optimiser(model: Joint, share: float):
    named = list(model.named_parameters())
    cross = [p for n, p in named if "cross_" in n]
    layers = [p for n, p in named if n.startswith("layers.") and "cross_" not in n]
    head = [p for n, p in named if not n.startswith("layers.")]
    return torch.optim.AdamW(
        [{"params": p, "lr": RATES[k] * share} for k, p in (("layers", layers), ("head", head), ("cross", cross))], weight_decay=0.01
    )


def train(model: Joint, data: Data, pairs: Pairs, rows: np.ndarray, check: np.ndarray, args) -> None:
    rng = np.random.default_rng(args.seed)
    weight = torch.from_numpy(set_weights(data, rows, generated=0.5).astype("f4"))
    target = torch.from_numpy(np.where(data.y, 1 - SMOOTHING, SMOOTHING).astype("f4"))
    plan = [batch for _ in range(args.epochs) for batch in pairs.shuffled(np.flatnonzero(rows), rng)]
    optimizer = optimiser(model, 0.5 if args.resume else 1.0)
    rate = lambda step: min(step / (WARM_UP * len(plan)), (len(plan) - step) / ((1 - WARM_UP) * len(plan)))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(rate(step), 0.0))
    model.train()
    started, sum_loss = time.time(), 0.0
    for step, batch in enumerate(plan):
        loss = (F.binary_cross_entropy_with_logits(model(pairs.batch(batch)), target[batch], reduction="none") * weight[batch]).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        sum_loss += float(loss)
        if (step + 1) % 100 == 0:
            print(f"{step + 1}/{len(plan)} loss {sum_loss / 100:.4f}, {time.time() - started:.0f} s", flush=True)
            sum_loss = 0.0
        if (step + 1) % 400 == 0:
            z = score(model, pairs, check)
            for name in np.unique(data.set[check]):
                m = check[data.set[check] == name]
                if 0 < data.y[m].sum() < len(m):
                    print(f"   {name} {len(m)}: AUC {auc(z[m], data.y[m]):.3f}, cosine {auc(data.column('cosine')[m], data.y[m]):.3f}", flush=True)
            torch.save(model.state_dict(), Path(args.out) / "joint.pt")


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("features", "states", "embedder", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--stream")
    parser.add_argument("--leave")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", help="a joint.pt to begin with, at half the rate")
    parser.add_argument("--wide", action="store_true", help="from pairs that serving would not ask about too, and a third of the others")
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    Path(args.out).mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    data = Data(args.features, args.sets)
    pairs = Pairs(data, States(args.states))
    stream = {json.loads(line)["prompt"] for line in open(args.stream, encoding="utf8")} if args.stream else set()
    held = held_out(data, args.seed, stream, args.leave)
    asked = usable(data) & pairs.known
    rows, rest = asked & ~held, np.flatnonzero(asked & held)
    if args.wide:
        few = np.random.default_rng(args.seed + 1).random(len(rows)) < 1 / 3
        rows = ~held & pairs.known & ~data.disputable & ~data.same & (data.long <= TOKENS_MAX) & (~asked | few)
    print(f"{rows.sum()} pairs to learn from, {len(rest)} held out", flush=True)
    for name in args.sets:
        print(f"   {name}: {(rows & (data.set == name)).sum()}, {(asked & held & (data.set == name)).sum()}", flush=True)
    np.save(Path(args.out) / "held.npy", held)
    model = initialise(Joint(), args.embedder)
    if args.resume:
        model.load_state_dict(torch.load(args.resume))
    check = np.random.default_rng(7).permutation(rest)[:2000]
    train(model, data, pairs, rows, check, args)
    torch.save(model.state_dict(), Path(args.out) / "joint.pt")
    logits = score(model, pairs, rest)
    np.save(Path(args.out) / "scores.npy", logits)
    with open(Path(args.out) / "pairs.jsonl", "w", encoding="utf8") as file:
        for row, logit in zip(data.rows, logits):
            file.write("null\n" if np.isnan(logit) else json.dumps([row["a"], row["b"]], ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
