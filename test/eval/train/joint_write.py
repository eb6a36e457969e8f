"""Writes joint.json (how trees and joint encoder become one probability) and the prior that goes with it.

python3 joint_write.py --features DIR --scores DIR --stream-set SET --stream FILE --out packages/verifier/model [--version j1] SET ...
"""

import argparse
import json
from pathlib import Path

import numpy as np
from data import Data
from fuse import Judged, simulate
from model import digits, sigmoid
from train import chosen, prior

# Word pieces of one text, the two special ones included: the states' own limit.
TOKENS_MAX = 64
BAR = 0.75
# Share of the decisions at any bar from BAR on that may change because the encoder is not asked outside the grey zone.
MISSED = 0.005


def grey(trees: np.ndarray, fused: np.ndarray) -> dict:
    """Probabilities of the trees between which the encoder is asked. Above, it could still lower what is served: to the last of BINS."""
    hits = np.sort(trees[fused >= BAR])
    return {"from": round(float(hits[int(MISSED * len(hits))]), 2), "to": 0.99}


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("features", "scores", "stream-set", "stream", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--version", default="j1")
    parser.add_argument("--verifier", default="1", help="version of the trees")
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    args.leave = None
    data = Data(args.features, args.sets)
    judged = Judged(data, args)
    fusion = {
        style: dict(zip(("trees", "network", "intercept"), (digits(float(x), 5) for x in found)))
        for style, found in judged.learn(judged.fit).items()
    }
    z = judged.fused()
    asked = judged.passing & judged.held & ~np.isnan(judged.zn)
    real = asked & chosen(data) & (data.set != args.stream_set)
    zone = grey(sigmoid(judged.zt[real]), sigmoid(z[real]))
    inside = asked & (sigmoid(judged.zt) >= zone["from"]) & (sigmoid(judged.zt) <= zone["to"])
    print(f"asked for {inside.sum() / asked.sum():.3f} of the pairs that pass the guards")
    z = np.where(inside, z, judged.zt)
    joint = {
        "version": args.version, "fusion": fusion, "grey": zone, "tokensMax": TOKENS_MAX,
    }
    out = Path(args.out)
    (out / "joint.json").write_text(json.dumps(joint, indent=1) + "\n")
    p = np.where(data.same, 1.0, sigmoid(z))
    made = prior(p, data, asked & (data.set != args.stream_set), args.verifier)
    made["traffic"] = simulate(judged, z, args.stream_set, args.stream, BAR)["traffic"]
    made["traffic"] = {name: int(count) for name, count in made["traffic"].items()}
    (out / "joint-prior.json").write_text(json.dumps(made, indent=1) + "\n")
    print(joint, made["traffic"])


if __name__ == "__main__":
    main()
