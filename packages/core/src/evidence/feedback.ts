import type { Calibration } from '../calibrate/service.ts';
import type { Grants } from '../caller.ts';
import { NearhitError } from '../errors.ts';
import { assertGranted } from '../grants.ts';
import type { EntryId, PairId } from '../ids.ts';
import type { PairVerdict } from '../ports/pair-store.ts';
import type { LabelledSample } from '../ports/sample-store.ts';
import { type Judged, type JudgedDeps, judgedDecision, judgedEntry } from './judged.ts';
import type { LinkMemory } from './links.ts';
import { judgedPair, textKeyOf } from './pair.ts';

export interface FeedbackDeps extends JudgedDeps {
  readonly links: LinkMemory;
  readonly calibration: Pick<Calibration, 'append' | 'scorer'>;
  /** Drops a stored answer everywhere. */
  readonly deleteEntry: (id: EntryId) => Promise<boolean>;
  readonly now: () => number;
}

/** A request that was answered; or a stored answer, with the question that it was given for (absent: its own). */
export type FeedbackInput = { readonly verdict: PairVerdict } & (
  | { readonly requestId: string }
  | { readonly entryId: EntryId; readonly query?: string | undefined }
);

/** Whose word it is. An operator's counts for all tenants (or the one named), a caller's for its own alone. */
export type FeedbackBy =
  | { readonly kind: 'operator'; readonly tenant?: string | undefined }
  | { readonly kind: 'caller'; readonly tenants: readonly string[]; readonly grants: Grants };

export interface FeedbackReport {
  readonly verdict: PairVerdict;
  /** `pair`: both questions are remembered as judged. `entry`: the answer was dropped. `none`: nothing was to be done. */
  readonly effect: 'pair' | 'entry' | 'none';
  readonly pairId: PairId | null;
  readonly entryId: EntryId | null;
  /** It counts in calibration. */
  readonly sampled: boolean;
}

/** What people say of answers they got. Saying the same of the same request again changes nothing. */
export class Feedback {
  readonly #deps: FeedbackDeps;

  constructor(deps: FeedbackDeps) {
    this.#deps = deps;
  }

  /** In force in this process when it resolves, in the others within a second. Throws NOT_FOUND, FORBIDDEN. */
  async give(input: FeedbackInput, by: FeedbackBy): Promise<FeedbackReport> {
    if (by.kind === 'caller' && by.grants.cacheWrite === false)
      throw new NearhitError(
        'FORBIDDEN',
        'This API key may not write to the cache, nor judge what others get from it.',
      );
    const tenants = by.kind === 'caller' ? by.tenants : by.tenant === undefined ? undefined : [by.tenant];
    const judged =
      'requestId' in input
        ? await judgedDecision(input.requestId, tenants, this.#deps)
        : await judgedEntry(input, tenants, this.#deps);
    if (judged === undefined) throw unknown(input);
    if (by.kind === 'caller') assertGranted(by.grants, { feature: judged.feature, namespace: judged.scope.namespace });
    const isPair = judged.byMeaning && keyOf(judged.asked) !== keyOf(judged.stored);
    if (isPair) return this.#pair(judged, input.verdict, by);
    return this.#answer(judged, input.verdict);
  }

  /** Two questions that differ: whether one answer serves both. */
  async #pair(judged: Judged, verdict: PairVerdict, by: FeedbackBy): Promise<FeedbackReport> {
    const { links, now } = this.#deps;
    const pair = judgedPair({
      ...{ scope: judged.scope, fingerprint: judged.fingerprint, verdict, source: 'feedback', atMs: now() },
      ...{ a: judged.asked, b: judged.stored, requestId: judged.requestId },
    });
    // A caller's word that an answer is right must not make one that is served past every guard.
    const isKept = verdict === 'wrong' || (by.kind === 'operator' && pair.fingerprint !== undefined);
    if (isKept) await links.put([pair]);
    return {
      ...{
        verdict,
        effect: isKept ? 'pair' : 'none',
        pairId: isKept ? pair.id : null,
        entryId: judged.entryId ?? null,
      },
      sampled: await this.#sample(judged, verdict),
    };
  }

  /** The same question: then the answer itself is wrong, and a new one may be stored in its place. */
  async #answer({ entryId, untilMs }: Judged, verdict: PairVerdict): Promise<FeedbackReport> {
    const nothing = { verdict, effect: 'none', pairId: null, entryId: entryId ?? null, sampled: false } as const;
    if (verdict === 'right' || entryId === undefined) return nothing;
    const [stored] = await this.#deps.store.getMany([entryId]);
    // The one that was judged has been replaced since.
    if (stored !== undefined && stored.createdAtMs > untilMs) return nothing;
    await this.#deps.deleteEntry(entryId);
    return { ...nothing, effect: 'entry' };
  }

  async #sample(judged: Judged, verdict: PairVerdict): Promise<boolean> {
    const { calibration, now } = this.#deps;
    const { similarity, scope, served, savedUsd } = judged;
    const scored = judged.score === undefined ? { scorer: 'cosine', score: similarity } : judged;
    const { scorer = 'cosine', score } = scored;
    if (similarity === undefined || score === undefined) return false;
    const sample: LabelledSample = {
      ...{ id: `feedback:${judged.id}:${verdict}`.slice(0, 200), ...scope, scorer, score, similarity },
      ...{ right: verdict === 'right', source: 'feedback', served, atMs: now(), savedUsd },
    };
    await calibration.append([sample]);
    return true;
  }
}

const keyOf = ({ text, key }: Judged['asked']): string => key ?? textKeyOf(text);

function unknown(input: FeedbackInput): NearhitError {
  if ('requestId' in input)
    return new NearhitError(
      'NOT_FOUND',
      `No request '${input.requestId.slice(0, 100)}' is known any more: the last 10,000 or so can be judged. Name the answer by entryId, and the question by query, instead.`,
      { param: 'requestId' },
    );
  return new NearhitError('NOT_FOUND', `There is no entry ${input.entryId}.`, { param: 'entryId' });
}
