"""Trees alone against trees and joint encoder, on the rows that the encoder was held out from.

python3 fuse.py --features DIR --scores DIR [--leave REGEX] [--stream-set SET] [--kinds] SET ...

Logits of DIR/scores.f64 (joint-scores.mjs: the exported file's) where there are any, else of scores.npy.

The trees' scores are out of fold, with --leave by trees that were not shown what is left out either. P = sigmoid(s * trees + w * network + c), fitted on
the held-out rows of sets that are not left out of which the trees are unsure, apart for questions and for statements: of these the network knows more,
and of word scrambles and entailment the shares of right ones are others. Judged out of fold for these numbers too.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
from data import Data, apart, folds, marked, set_weights
from model import score, sigmoid
from sklearn.linear_model import LogisticRegression
from train import calibrate, calibrated, chosen, enough, learn, out_of_fold, usable

COSINE_MIN = 0.7
BARS = [0.7, 0.75, 0.8, 0.85, 0.9]
WRONG = [0.01, 0.02, 0.03]
# Probabilities of the trees between which the fusion is fitted: where it is used, and somewhat below.
UNSURE = 0.4, 0.99


class Judged:
    def __init__(self, data: Data, args):
        self.data = data
        served = Path(args.scores) / "scores.f64"
        self.zn = np.fromfile(served) if served.exists() else np.load(Path(args.scores) / "scores.npy")
        self.held = np.load(Path(args.scores) / "held.npy")
        asked = usable(data)
        learned = asked & ~np.isin(data.set, ["generated_more", args.stream_set])
        self.left = np.array([re.search(args.leave, k) is not None for k in data.kind]) if args.leave else np.zeros(len(data.y), bool)
        if args.leave:
            learned &= ~self.left & ~apart(data, marked(data, self.left & ~np.char.startswith(data.set, "generated")))
        if args.stream_set:
            learned &= ~apart(data, marked(data, data.set == args.stream_set))
        z = out_of_fold(data, learned)
        calibration = calibrate(data, learned, z)
        rest = ~learned
        z[rest] = score(learn(data, learned), data.X[rest])
        self.zt = calibrated(data, calibration, z)
        self.passing = asked & (data.column("cosine") >= COSINE_MIN) & (data.column("guard:order") == 0)
        self.fit = self.held & ~np.isnan(self.zn) & ~self.left & chosen(data) & (data.set != (args.stream_set or "-"))
        p = sigmoid(self.zt)
        self.fit &= (p >= UNSURE[0]) & (p <= UNSURE[1])

    def served(self, z):
        return np.where(self.data.same, 1.0, sigmoid(z) * self.passing)

    def learn(self, rows) -> dict[str, tuple[float, float, float]]:
        """(trees, network, intercept) of each style."""
        weight = set_weights(self.data, rows)
        found = {}
        for name, styled in self.data.styles().items():
            own = rows & styled if enough(self.data.y[rows & styled]) else rows
            model = LogisticRegression(C=1e4).fit(np.stack([self.zt, self.zn], 1)[own], self.data.y[own], sample_weight=weight[own])
            found[name] = *model.coef_[0], model.intercept_[0]
        return found

    def fused(self):
        """Logit of each row; the trees' own where the network may not be asked."""
        fold = folds(self.data, 5, 3)[self.data.group]
        z = self.zt.copy()
        for i in range(5):
            fusion = self.learn(self.fit & (fold != i))
            for name, styled in self.data.styles().items():
                s, w, c = fusion[name]
                here = (fold == i) & styled & ~np.isnan(self.zn)
                z[here] = s * self.zt[here] + w * self.zn[here] + c
        return z


def at_bars(p, y):
    share = lambda m, bar: f"{100 * (p[m] >= bar).mean():.1f}" if m.any() else "-"
    return " | ".join(f"{share(y, bar)} / {share(~y, bar)}" for bar in BARS)


def at_wrong(p, y):
    if not y.any() or (~y).sum() < 50:
        return " | ".join("-" for _ in WRONG)
    wrong = np.sort(p[~y])[::-1]
    return " | ".join(f"{100 * (p[y] > wrong[int(share * len(wrong))]).mean():.1f}" for share in WRONG)


def table(judged: Judged, versions: dict, sets: list[str], labels, only=None) -> None:
    data = judged.data
    rows = judged.held & ~data.disputable
    if only is not None:
        rows &= only
    print(f"| set (right, wrong) | by | {' | '.join(f'P >= {b}' for b in BARS)} | {' | '.join(f'right at {100 * w:g} % wrong' for w in WRONG)} |")
    for name in sets:
        m = rows & (labels == name)
        if not m.any():
            continue
        for title, z in versions.items():
            p, y = judged.served(z)[m], data.y[m]
            print(f"| {name} ({y.sum()}, {(~y).sum()}) | {title} | {at_bars(p, y)} | {at_wrong(p, y)} |", flush=True)


def simulate(judged: Judged, z, name: str, path: str, bar: float) -> dict:
    """The stream asked in order; right share of repeats in other words and wrong share of all requests, in per cent.

    `traffic`: candidates that are the nearest to pass the guards, and the wrong ones among them, by label.
    """
    data, p = judged.data, judged.served(z)
    cosine = data.column("cosine")
    near: dict[str, list] = {}
    for i in np.flatnonzero(data.set == name):
        a, b = data.rows[i]["a"], data.rows[i]["b"]
        near.setdefault(b, []).append((-cosine[i], a, p[i]))
        near.setdefault(a, []).append((-cosine[i], b, p[i]))
    stored, groups, seen = {}, set(), set()
    right = wrong = repeats = requests = 0
    traffic = {"pairs": 0, "wrong": 0}
    for line in open(path, encoding="utf8"):
        row = json.loads(line)
        prompt, group = row["prompt"], row["group"]
        requests += 1
        exact = prompt in seen
        repeats += not exact and group in groups
        seen.add(prompt)
        hit = prompt if prompt in stored else None
        if hit is None:
            candidates = sorted(c for c in near.get(prompt, []) if c[1] in stored)[:5]
            hit = next((text for _, text, chance in candidates if chance >= bar), None)
            nearest = next((text for _, text, chance in candidates if chance > 0), None)
            traffic["pairs"] += nearest is not None
            traffic["wrong"] += nearest is not None and stored[nearest] != group
        if hit is None:
            stored[prompt] = group
        elif stored[hit] != group:
            wrong += 1
        elif not exact:
            right += 1
        groups.add(group)
    return {"right": 100 * right / repeats, "wrong": 100 * wrong / requests, "traffic": traffic}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", required=True)
    parser.add_argument("--scores", required=True)
    parser.add_argument("--leave")
    parser.add_argument("--stream-set")
    parser.add_argument("--stream")
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    data = Data(args.features, args.sets)
    judged = Judged(data, args)
    print("fusion", judged.learn(judged.fit), judged.fit.sum())
    fused = judged.fused()
    versions = {"trees": judged.zt, "fused": fused}
    table(judged, versions, args.sets, data.set)
    if args.leave:
        print("\nleft out")
        table(judged, versions, args.sets, data.set, judged.left)
    if args.kinds:
        print()
        table(judged, versions, sorted(set(data.kind)), data.kind)
    if args.stream:
        for title, z in versions.items():
            found = [simulate(judged, z, args.stream_set, args.stream, bar) for bar in BARS]
            cells = [f"{cell['right']:.1f} / {cell['wrong']:.2f}" for cell in found]
            print(f"| stream | {title} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
