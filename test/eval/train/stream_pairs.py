"""All pairs of a stream's questions that are near enough to be candidates of one another, as a pair file.

python3 stream_pairs.py --cache DIR --stream FILE --out STREAM_PAIRS.jsonl
"""

import argparse
import json

from vectors import Vectors, near


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("cache", "stream", "out"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    group: dict[str, str] = {}
    for line in open(args.stream, encoding="utf8"):
        row = json.loads(line)
        group.setdefault(row["prompt"], row["group"])
    texts = list(group)
    later, earlier = near(Vectors(args.cache).of(texts))
    with open(args.out, "w", encoding="utf8") as out:
        for i, j in zip(later, earlier):
            row = {"a": texts[j], "b": texts[i], "equivalent": group[texts[i]] == group[texts[j]], "kind": ""}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
