import type { EntryId } from '@nearhit/core';

interface Named {
  readonly id: EntryId;
}

/** The k best seen so far, by falling similarity. */
export class TopK {
  readonly #k: number;
  readonly #members: Named[] = [];
  readonly #similarities: number[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  offer(member: Named, similarity: number): void {
    const similarities = this.#similarities;
    let at = similarities.length;
    if (at === this.#k && similarity <= (similarities[at - 1] as number)) return;
    while (at > 0 && similarity > (similarities[at - 1] as number)) at--;
    similarities.splice(at, 0, similarity);
    this.#members.splice(at, 0, member);
    if (similarities.length > this.#k) {
      similarities.pop();
      this.#members.pop();
    }
  }

  /** Rounding may carry a cosine past 1: cut to -1..1. */
  toNeighbours(): { id: EntryId; similarity: number }[] {
    return this.#members.map(({ id }, i) => ({
      id,
      similarity: Math.max(-1, Math.min(1, this.#similarities[i] as number)),
    }));
  }
}
