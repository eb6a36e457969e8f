import type { PolicyService } from '../policy/service.ts';
import type { StoreUpkeep } from '../ports/response-store.ts';

/** Questions remembered per generation; two generations are kept. */
const ASKED_MAX = 50_000;
const PLACES_MAX = 10_000;

/**
 * Whether a new answer is worth a place in a full namespace. One whose question was asked before, here and lately, always
 * is. Another must be worth more per byte than what is next to leave has been worth by all its uses: else it would only
 * push that out. A doorkeeper after TinyLFU (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission
 * Policy", ACM TOS 2017). Bounded memory; one process remembers for itself.
 */
export class Admission {
  #asked = new Set<string>();
  #askedBefore = new Set<string>();
  readonly #floors = new Map<string, number>();

  /** `floor`: worth times uses of what is next to leave; undefined while there is room. */
  setFloor(place: string, floor: number | undefined): void {
    if (floor === undefined) this.#floors.delete(place);
    else if (this.#floors.size < PLACES_MAX || this.#floors.has(place)) this.#floors.set(place, floor);
  }

  /** Where there is a floor. */
  places(): string[] {
    return [...this.#floors.keys()];
  }

  /** It would have to be asked for again, or is refused. */
  doubts(place: string, worth: number): boolean {
    return worth < (this.#floors.get(place) ?? 0);
  }

  /** To be asked once for each new answer: it remembers its question. */
  refuses(place: string, question: string, worth: number): boolean {
    const floor = this.#floors.get(place);
    const isKnown = this.#asked.has(question) || this.#askedBefore.has(question);
    this.#asked.add(question);
    if (this.#asked.size >= ASKED_MAX) {
      this.#askedBefore = this.#asked;
      this.#asked = new Set();
    }
    return floor !== undefined && !isKnown && worth < floor;
  }
}

export const placeOf = ({ tenant, namespace }: { readonly tenant: string; readonly namespace: string }): string =>
  JSON.stringify([tenant, namespace]);

/** From this share of its bound on a namespace is full: upkeep brings it back to the bound a little later. */
const FULL = 0.98;

/** Looks which namespaces are full, and what is next to leave there. To be done every few seconds. */
export async function watchRoom({
  upkeep,
  policies,
  admission,
}: {
  readonly upkeep: Pick<StoreUpkeep, 'usage' | 'lowest'>;
  readonly policies: Pick<PolicyService, 'resolve'>;
  readonly admission: Admission;
}): Promise<void> {
  const roomy = new Set(admission.places());
  for (const used of await upkeep.usage()) {
    const { maxEntries, maxBytes } = policies.resolve(used.namespace).policy;
    if (used.entries < FULL * maxEntries && used.bytes < FULL * maxBytes) continue;
    admission.setFloor(placeOf(used), await upkeep.lowest(used));
    roomy.delete(placeOf(used));
  }
  for (const place of roomy) admission.setFloor(place, undefined);
}
