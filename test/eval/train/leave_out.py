"""What the verifier does with kinds of pairs that it was not shown: leave-one-set-out and leave-one-kind-out tables.

python3 leave_out.py --features DIR [--bar 0.75 --bar 0.85] [--kinds] SET ...
"""

import argparse
import re

import numpy as np
from data import Data, apart, marked
from model import score, sigmoid
from train import calibrate, calibrated, in_one_fold, learn, out_of_fold, usable

COSINE_MIN = 0.7
# Sets of one source are left out together.
FAMILIES = {
    "qqp": r"^(qqp|traffic)_", "paws": r"^paws", "adversarial": r"^adversarial", "checklist": r"^checklist", "negation": r"^negation",
    "sick": r"^sick", "stsb": r"^stsb", "query variations": r"^query_variations", "vietnamese": r"^vi_", "cross-lingual": r"^xlingual",
    "generated": r"^generated",
}
# Kinds, over all sets.
KINDS = {
    "direction, roles": r"direction|role|semantic|before|traditional SRL|active|passive|word_scramble|converse|asym|order",
    "negation": r"negat|contradiction",
    "names": r"entity|people|person|names?\b",
    "modifiers, additions": r"odifier|:tail|part-dropped|owner|more|less|adj",
    "question word": r"wh_word|wh-word|:wh|question|how-whether|comparison|tense",
    "word replaced": r"sibling|neighbour|opposite|foreign-word|antonym|:synonym|comparison",
    "typing": r"typo|mispelling|case|punctuation|whitespace|unicode|diacritic",
    "politeness, frames": r"polite|contraction|frame|filler|fronted|naturality",
}


def cells(p: np.ndarray, data: Data, rows: np.ndarray, bars: list[float]) -> str:
    found = []
    for bar in bars:
        right, wrong = rows & data.y, rows & ~data.y
        share = [f"{100 * (p[m] >= bar).mean():.1f}" if m.any() else "-" for m in (right, wrong)]
        found.append(" / ".join(share))
    return " | ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--features", required=True)
    parser.add_argument("--bar", type=float, action="append")
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("sets", nargs="+")
    args = parser.parse_args()
    bars = args.bar or [0.75, 0.8, 0.85]
    data = Data(args.features, args.sets)
    rows = usable(data)
    # The order guard is a veto in serving.
    passing = rows & (data.column("cosine") >= COSINE_MIN) & (data.column("guard:order") == 0)
    asked = ~data.disputable & in_one_fold(data)

    z = out_of_fold(data, rows)
    calibration = calibrate(data, rows, z)

    def served(z: np.ndarray) -> np.ndarray:
        return np.where(data.same, 1.0, sigmoid(calibrated(data, calibration, z)) * passing)

    p = served(z)
    print(f"calibration {calibration}\n\n| set (right, wrong) | out of fold {' | '.join(map(str, bars))} |\n|---|{'---|' * len(bars)}")
    for name in args.sets:
        m = asked & (data.set == name)
        print(f"| {name} ({(m & data.y).sum()}, {(m & ~data.y).sum()}) | {cells(p, data, m, bars)} |", flush=True)

    for title, families, labels in (("source", FAMILIES, data.set), ("kind", KINDS, data.kind)):
        if title == "kind" and not args.kinds:
            continue
        print(f"\n| {title} left out | pairs | with it {' | '.join(map(str, bars))} | without it {' | '.join(map(str, bars))} |")
        for family, pattern in families.items():
            left = np.array([re.search(pattern, label) is not None for label in labels])
            if not (left & rows).any():
                continue
            # Nor may a pair that shares a text with what is left out be shown.
            train = rows & ~left & ~apart(data, marked(data, left & ~np.char.startswith(data.set, "qqp") & ~np.char.startswith(data.set, "traffic")))
            q = served(score(learn(data, train), data.X))
            for name in [n for n in args.sets if (left & (data.set == n)).any()]:
                m = asked & left & (data.set == name)
                print(f"| {family}: {name} | {(m & data.y).sum()}, {(m & ~data.y).sum()} | {cells(p, data, m, bars)} | {cells(q, data, m, bars)} |", flush=True)


if __name__ == "__main__":
    main()
