import { setImmediate as turn } from 'node:timers/promises';
import { decideVerified } from '../decide/decide.ts';
import type { LinkMemory } from '../evidence/links.ts';
import type { TenantId } from '../ids.ts';
import type { DecisionLog } from '../ports/decision-log.ts';
import type { DecisionRecord } from '../ports/observer.ts';
import { type Placed, placed } from './placed.ts';
import { type PolicyChange, Setting, type SettingDeps, type SettingShown } from './setting.ts';

export interface WhatIfDeps extends SettingDeps {
  readonly decisions: Pick<DecisionLog, 'page'>;
  readonly links?: Pick<LinkMemory, 'of'> | undefined;
}

export interface WhatIfQuery extends PolicyChange {
  /** Absent: those of all tenants. */
  readonly tenant?: string | undefined;
  /** How many decisions are looked at, the newest. */
  readonly last: number;
}

/** A policy, and what it would have served of the decisions that could be judged again. */
export interface SettingFigures extends SettingShown {
  readonly served: number;
  /** What these cost upstream, or would have. */
  readonly savedUsd: number;
}

export interface Flip {
  readonly id: string;
  readonly requestId: string;
  readonly atMs: number;
  readonly model: string;
  readonly query: string;
  readonly candidate: { readonly entryId: string; readonly query: string };
  readonly similarity: number;
  readonly score: number | null;
  /** As it was decided when it came. */
  readonly recorded: string;
  /** `serve`, or why not. */
  readonly before: string;
  readonly after: string;
  readonly usd: number;
}

export interface WhatIfReport {
  readonly namespace: string;
  readonly model: string | null;
  readonly decisions: {
    readonly looked: number;
    readonly judged: number;
    readonly unaffected: number;
    readonly unknown: number;
    /** Why they are unknown. */
    readonly unknownWhy: Readonly<Record<string, number>>;
    readonly oldestAtMs: number | null;
  };
  readonly before: SettingFigures;
  readonly after: SettingFigures;
  readonly flips: { readonly served: number; readonly refused: number; readonly shown: readonly Flip[] };
  /** What these figures can't say. */
  readonly limits: readonly string[];
}

const FLIPS_SHOWN = 100;
const PAGE = 250;
/** For the word of a network about one pair. */
const NETWORK_MS = 250;
const PAIRS_PER_TURN = 10;

const LIMITS = [
  'Only the nearest candidate of a request is recorded: where it is refused, a second one may have been served.',
  'What is served is not stored anew: a policy that serves more, or less, would have met other candidates later.',
  'Requests that named a threshold of their own, or whose key has a floor, are judged as if they had not.',
];

/** One request under both policies. */
interface Judged {
  readonly record: DecisionRecord;
  readonly similarity: number;
  readonly score: number | undefined;
  readonly before: string;
  readonly after: string;
  readonly usd: number;
}

/**
 * What a change of policy would have done to the last recorded decisions: each pair that was compared is judged again, by
 * the policy in force and by the changed one, with guards, verifier and feedback as they are now.
 */
export async function whatIf(query: WhatIfQuery, deps: WhatIfDeps): Promise<WhatIfReport> {
  const records = await lastOf(query, deps);
  const settings = { before: new Setting(query, false, deps), after: new Setting(query, true, deps) };
  const unknownWhy: Record<string, number> = {};
  const judged: Judged[] = [];
  let unaffected = 0;
  for (const record of records) {
    const place = placed(record);
    if (place.kind === 'unaffected') unaffected += 1;
    else if (place.kind === 'unknown') unknownWhy[place.why] = (unknownWhy[place.why] ?? 0) + 1;
    else {
      judged.push(await judgeAgain(record, place, settings, deps));
      // Requests are waiting.
      if (judged.length % PAIRS_PER_TURN === 0) await turn();
    }
  }
  const unknown = Object.values(unknownWhy).reduce((sum, n) => sum + n, 0);
  const counts = { looked: records.length, judged: judged.length, unaffected, unknown, unknownWhy };
  const flips = judged.filter(({ before, after }) => (before === 'serve') !== (after === 'serve'));
  const served = flips.filter(({ after }) => after === 'serve').length;
  const figures = (side: 'before' | 'after'): SettingFigures => {
    const serving = judged.filter((one) => one[side] === 'serve');
    const savedUsd = serving.reduce((sum, { usd }) => sum + usd, 0);
    return { ...settings[side].shown(query.tenant), served: serving.length, savedUsd };
  };
  return {
    ...{ namespace: query.namespace, model: query.model ?? null },
    decisions: { ...counts, oldestAtMs: records.at(-1)?.atMs ?? null },
    ...{ before: figures('before'), after: figures('after') },
    flips: { served, refused: flips.length - served, shown: flips.slice(0, FLIPS_SHOWN).map(flipOf) },
    limits: LIMITS,
  };
}

async function lastOf({ namespace, model, tenant, last }: WhatIfQuery, { decisions }: WhatIfDeps) {
  const found: DecisionRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await decisions.page({ namespace }, { cursor, limit: PAGE });
    for (const record of page.decisions) {
      if (model !== undefined && record.model !== model) continue;
      if (tenant !== undefined && record.tenant !== tenant) continue;
      if (found.push(record) === last) return found;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

async function judgeAgain(
  record: DecisionRecord,
  { a, b, similarity, id }: Extract<Placed, { kind: 'pair' }>,
  settings: { readonly before: Setting; readonly after: Setting },
  { verifier, links }: WhatIfDeps,
): Promise<Judged> {
  let score = verifier !== undefined && record.scorer === verifier.version ? record.score : undefined;
  const probabilityOf = async () => {
    const options = { deadlineMs: Date.now() + NETWORK_MS };
    score ??= (await verifier?.verify([{ a, b, similarity }], options).catch(() => undefined))?.[0]?.probability;
    return score;
  };
  const { fingerprint, tenant, namespace, model } = record;
  const judged = fingerprint && links?.of({ tenant: tenant as TenantId, namespace, model }, fingerprint);
  const under = async (setting: Setting): Promise<string> => {
    const { policy, bar } = setting.for(tenant, model);
    const decision = await decideVerified(
      {
        ...{ query: a, candidates: [{ id, query: b, similarity }], verified: bar.verified, links: judged },
        policy: { threshold: bar.similarityMin, guard: policy.guard },
      },
      probabilityOf,
    );
    return decision.kind === 'serve' ? 'serve' : decision.reason;
  };
  const [before, after] = [await under(settings.before), await under(settings.after)];
  // A hit has what it saved, a miss what it cost.
  return { record, similarity, score, before, after, usd: Math.max(record.savedUsd, record.costUsd) };
}

function flipOf({ record, similarity, score, before, after, usd }: Judged): Flip {
  const { requestId, atMs, model, query, candidate, outcome, reason } = record;
  return {
    ...{
      id: record.id ?? requestId,
      requestId,
      atMs,
      model,
      query,
      similarity,
      score: score ?? null,
      before,
      after,
      usd,
    },
    candidate: { entryId: candidate?.entryId ?? '', query: candidate?.query ?? '' },
    recorded: outcome === 'hit' || outcome === 'stale' ? 'serve' : (reason ?? outcome),
  };
}
