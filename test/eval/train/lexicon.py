"""Writes the lexicon: words of the bundled model's vocabulary, their vectors (PCA, int8), their meanings (WordNet).

python3 lexicon.py --cache DIR --tokenizer tokenizer.json --wordnet /usr/share/wordnet --out lexicon.bin [--dimensions 48]
"""

import argparse
import json
import re

import numpy as np
from wordnet import POS, WordNet
from vectors import Vectors


def vocabulary(tokenizer: str) -> list[str]:
    vocab = json.load(open(tokenizer))["model"]["vocab"]
    return [w for w, _ in sorted(vocab.items(), key=lambda item: item[1]) if re.fullmatch("[a-z]{2,}", w)]


def project(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """PCA, then length 127 in int8: cosine is what is kept."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    projected = centred @ axes[:dimensions].T
    projected /= np.linalg.norm(projected, axis=1, keepdims=True)
    # The greatest component of a unit vector of 48 dimensions is about 0.5.
    return np.clip(np.round(projected * 127 * 2), -127, 127).astype(np.int8)


def families(words: list[str], wn: WordNet) -> np.ndarray:
    """Forms and derivations of one word share a number; 0 for a word that stands alone."""
    parent = {w: w for w in words}

    def root(w: str) -> str:
        while parent[w] != w:
            w = parent[w]
        return w

    def stem(x: str, y: str) -> bool:
        same = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
        return same >= 4 and same >= 0.6 * max(len(x), len(y))

    for word in words:
        lemmas = {l for pos in POS for l in wn.lemmas(word, pos)}
        derived = {d for l in lemmas for d in wn.derived[l] if stem(l, d)}
        for other in lemmas | derived:
            if other in parent and other != word:
                parent[root(other)] = root(word)
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(root(word), []).append(word)
    number, found = 0, {}
    for members in groups.values():
        if len(members) > 1:
            number += 1
            found.update({w: number for w in members})
    return np.array([found.get(w, 0) for w in words], dtype="<u2")


def padded(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % 4)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("cache", "tokenizer", "wordnet", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--dimensions", type=int, default=48)
    args = parser.parse_args()
    words = vocabulary(args.tokenizer)
    wn = WordNet(args.wordnet).link()
    matrix = project(Vectors(args.cache).of(words), args.dimensions)

    senses = [wn.senses(w)[:9] for w in words]
    used = {s for row in senses for s in row}
    ids = {s: i + 1 for i, s in enumerate(sorted(used | {wn.hypernym[s] for s in used if s in wn.hypernym}))}
    hypernyms = np.zeros(len(ids) + 1, dtype="<u4")
    for synset, i in ids.items():
        hypernyms[i] = ids.get(wn.hypernym.get(synset, ""), 0)
    at = {w: i for i, w in enumerate(words)}
    opposites = np.array([[at[x], at[y]] for x, y in sorted(wn.opposites) if x in at and y in at], dtype="<u2")
    text = "\n".join(words).encode()
    flat = np.array([ids[s] for row in senses for s in row], dtype="<u4")
    header = json.dumps({
        "version": "1", "words": len(words), "dimensions": args.dimensions, "synsets": len(hypernyms),
        "textBytes": len(text), "senses": len(flat), "opposites": len(opposites),
    })
    start = f"NHLEX1\n{header}\n".encode()
    counts = np.array([len(row) for row in senses], dtype=np.uint8)
    parts = [start, text, matrix.tobytes(), families(words, wn).tobytes(), counts.tobytes(), flat.tobytes(), hypernyms.tobytes(), opposites.tobytes()]
    with open(args.out, "wb") as out:
        out.write(b"".join(padded(part) for part in parts))
    print(header)


if __name__ == "__main__":
    main()
