"""Pairs as traffic brings them together: questions that are near enough to be candidates of one another, whoever labelled them or not.

python3 traffic_pairs.py --cache DIR --out TRAFFIC_PAIRS.jsonl [--same 24000] [--other 12000] [--seed 5] FILE.jsonl ...

Pair files hold what somebody chose to label, mostly because it is hard to tell. What a gateway meets is the nearest question asked before. So all
questions of the files that come in clusters are compared with one another. Questions joined by pairs labelled the same, directly or over others, are
the same; all others count as different, though some of them are not: nobody labelled them. Pairs that were labelled are among them, as they would be in traffic:
of duplicate questions of a Q&A site three quarters of the same, and six in a hundred of the others.
"""

import argparse
import json

import numpy as np
from same import Same
from vectors import Vectors, near

# Of one question at most: the pairs of what was asked in a hundred ways would outnumber all others.
PAIRS_OF_ONE_MAX = 20


def same_questions(files: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """For each text one that stands for all that are the same, and its cluster in the file."""
    same = Same()
    cluster: dict[str, str] = {}
    for file in files:
        for line in open(file, encoding="utf8"):
            row = json.loads(line)
            if not row.get("cluster"):
                continue
            if row["equivalent"]:
                same.join(row["a"], to=row["b"])
            for text in (row["a"], row["b"]):
                cluster[text] = row["cluster"]
    return {text: same.root(text) for text in sorted(cluster)}, cluster


def capped(rows: np.ndarray, meaning: np.ndarray) -> np.ndarray:
    """The first PAIRS_OF_ONE_MAX rows of each meaning."""
    count: dict[int, int] = {}
    kept = []
    for row, one in zip(rows, meaning[rows]):
        count[one] = count.get(one, 0) + 1
        if count[one] <= PAIRS_OF_ONE_MAX:
            kept.append(row)
    return np.array(kept, int)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--same", type=int, default=24_000)
    parser.add_argument("--other", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    meaning, cluster = same_questions(args.files)
    if not meaning:
        print("no file has clusters: nothing to put together")
        open(args.out, "w").close()
        return
    texts = list(meaning)
    number = np.unique(list(meaning.values()), return_inverse=True)[1]
    later, earlier = near(Vectors(args.cache).of(texts))
    same = number[later] == number[earlier]
    rng = np.random.default_rng(args.seed)
    mixed = [rng.permutation(np.flatnonzero(rows)) for rows in (same, ~same)]
    chosen = [capped(mixed[0], number[later])[: args.same], mixed[1][: args.other]]
    print(f"{len(texts)} questions, {same.sum()} pairs of the same, {(~same).sum()} of others; taken {len(chosen[0])} and {len(chosen[1])}")
    with open(args.out, "w", encoding="utf8") as out:
        for i in rng.permutation(np.concatenate(chosen)):
            a, b = texts[earlier[i]], texts[later[i]]
            row = {"a": a, "b": b, "equivalent": bool(same[i]), "kind": "", "clusters": [cluster[a], cluster[b]]}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
