import { CALIBRATION_ORIGINS, LABEL_SOURCES } from '@nearhit/core';
import { z } from 'zod';
import { count, cursor, limit, model, namespace } from './schemas.ts';

/** One schema per body about feedback, judged pairs and calibration, shared by server, client and OpenAPI document. */

const HEX_64 = /^[0-9a-f]{64}$/;
const verdict = z.enum(['wrong', 'right']);
const tenant = z.string().min(1).max(128);
/** Well above what the data plane takes for a question that is found by meaning. */
const text = z.string().min(1).max(100_000);
const entryId = z.string().regex(HEX_64, 'expected the 64 hex digits of an entry id');
const source = z.enum(LABEL_SOURCES as ['feedback', 'audit', 'shadow', 'import']);

const judged = {
  requestId: z.string().min(1).max(200).optional().describe('`x-request-id` of the answer, or `id` of its decision.'),
  entryId: entryId.optional().describe('`x-nearhit-entry` of the answer.'),
  query: text.optional().describe('With `entryId`: the question that it was given for. Default: its own.'),
  verdict,
};
const ONE_OF = { error: 'expected one of requestId and entryId; query goes with entryId' };
const isOne = ({ requestId, entryId: id, query }: { requestId?: string; entryId?: string; query?: string }): boolean =>
  (requestId === undefined) !== (id === undefined) && (query === undefined || id !== undefined);

/** With an API key. */
export const feedbackBody = z.strictObject(judged).refine(isOne, ONE_OF);
/** With the admin token. */
export const adminFeedbackBody = z
  .strictObject({ ...judged, tenant: tenant.optional().describe('Whose request. Default: the newest of that id.') })
  .refine(isOne, ONE_OF);

export const feedbackAnswer = z.object({
  verdict,
  effect: z
    .enum(['pair', 'entry', 'none'])
    .describe(
      '`pair`: both questions are remembered; `entry`: the answer was dropped; `none`: nothing was to be done.',
    ),
  pairId: z.string().nullable(),
  entryId: z.string().nullable(),
  sampled: z.boolean().describe('It counts in calibration.'),
});

// Pairs

export const pairParams = z.strictObject({ id: z.string().regex(HEX_64, 'expected the 64 hex digits of a pair id') });
export const pairsQuery = z.strictObject({
  tenant: tenant.optional(),
  namespace: namespace.optional(),
  model: model.optional(),
  verdict: verdict.optional(),
  cursor: cursor.optional(),
  limit,
});
const keys = z.tuple([z.string().regex(HEX_64), z.string().regex(HEX_64)]);

export const pair = z.object({
  id: z.string(),
  tenant: z.string(),
  namespace: z.string(),
  model: z.string(),
  a: z.string().describe('At most 2,000 characters.'),
  b: z.string(),
  keys: keys.describe('SHA-256 of the two normalised wordings, of `a` and of `b`.'),
  verdict,
  fingerprint: z.string().nullable().describe('A right pair counts for requests of this one only.'),
  source,
  atMs: z.number(),
  requestId: z.string().nullable(),
});
export const pairsAnswer = z.object({ pairs: z.array(pair), cursor: z.string().optional() });

export const newPair = z
  .strictObject({
    id: z.string().optional().describe('Taken from a listing: not looked at.'),
    tenant: tenant.default('default'),
    namespace: namespace.default('default'),
    model,
    a: text,
    b: text,
    keys: keys.optional().describe('Of the whole texts, where `a` and `b` were cut. Default: their own.'),
    verdict,
    fingerprint: z.string().regex(HEX_64).nullish().describe('Required of a right one: the requests it counts for.'),
    source: source.default('import'),
    atMs: z.number().min(0).optional().describe('Default: now.'),
    requestId: z.string().max(200).nullish(),
  })
  .refine(({ verdict: said, fingerprint }) => said === 'wrong' || fingerprint != null, {
    error: 'a right pair needs the fingerprint of the requests it counts for',
    path: ['fingerprint'],
  });
export const pairsBody = z.strictObject({ pairs: z.array(newPair).min(1).max(1000) });
export const pairsPutAnswer = z.object({ count, ids: z.array(z.string()) });

// Calibration

export const calibrationQuery = z.strictObject({
  tenant: tenant.optional(),
  namespace: namespace.optional(),
  model: model.optional(),
});

const figures = z.array(
  z.object({
    threshold: z.number(),
    samples: count,
    wrong: count,
    hitRate: z.number().nullable().describe('Of all labelled samples, those at or above the threshold.'),
    estimate: z.number().nullable().describe('Wrong share of those, by the weight of their labels.'),
    low: z.number().describe('Of its 95 % interval.'),
    high: z.number(),
    savedUsd: z.number(),
  }),
);
const labels = z.object({ right: count, wrong: count });
const levels = z.object({
  scope: z.number(),
  namespace: z.number(),
  model: z.number(),
  all: z.number(),
  prior: z.number(),
});
const found = z.object({
  maxErrorRate: z.number(),
  scorer: z.string(),
  priorVersion: z.string(),
  bar: z.number().nullable().describe('Null: nothing but the same question keeps the budget.'),
  origin: z.enum(CALIBRATION_ORIGINS).describe('The nearest level that has labels at or above the bar.'),
  bound95: z.number(),
  estimate: z.number(),
  samples: levels.describe('At or above the bar, of each level without what is nearer.'),
});

export const calibrationAnswer = z.object({
  scorer: z.string().describe('`cosine`, or the version of the verifier whose scores are calibrated.'),
  priorVersion: z.string(),
  inForce: z
    .array(
      z.object({
        tenant: z.string(),
        namespace: z.string(),
        model: z.string(),
        threshold: z.number(),
        maxErrorRate: z.number().nullable(),
        calibration: found.nullable(),
        why: z.string(),
      }),
    )
    .describe('Scopes that have labels, or were asked about lately; the first 100.'),
  byScore: figures,
  byCosine: figures,
  samples: z
    .object({ feedback: labels, audit: labels, shadow: labels, import: labels })
    .describe('By source. Two answers of which nobody could tell whether they say the same are no label.'),
});

// What-if

const share = z.number('expected a number from 0 to 1').min(0).max(1);
export const whatIfBody = z.strictObject({
  namespace,
  model: model.optional().describe('Absent: the policy of the namespace, for all models that have none of their own.'),
  tenant: tenant.optional().describe('Whose decisions and labels. Default: those of all.'),
  threshold: share.nullish().describe('Absent: stays. Null: as if nobody had set it.'),
  maxErrorRate: share.nullish().describe('Absent: stays. Null: no error budget.'),
  guard: z.enum(['off', 'standard', 'strict']).optional(),
  last: z.int().min(1).max(10_000).default(1000).describe('How many decisions are looked at, the newest.'),
});

const setting = z.object({
  threshold: z.number(),
  maxErrorRate: z.number().nullable(),
  guard: z.string(),
  similarityMin: z.number().describe('Cosine similarity that a candidate needs at least.'),
  probabilityMin: z
    .number()
    .nullable()
    .describe('And of the verifier’s probability; null: it is not asked for, or none would do.'),
  nothingKeepsBudget: z.boolean().describe('No probability keeps the budget: only the same question is served.'),
  served: count.describe('Of the decisions that could be judged again.'),
  savedUsd: z.number().describe('What these cost upstream, or would have.'),
  estimate: z
    .object({
      samples: count,
      wrong: count,
      wrongRate: z.number().nullable().describe('Null without a sample.'),
      low: z.number().describe('Of its 95 % interval.'),
      high: z.number(),
      savedUsd: z.number(),
      bound95: z.number().nullable().describe('With an error budget: the bound of its bar, with what others know.'),
    })
    .describe('From the labelled samples that this setting would serve.'),
});
const verdictOf = z.string().describe('`serve`, or why not.');

export const whatIfAnswer = z.object({
  namespace: z.string(),
  model: z.string().nullable(),
  decisions: z.object({
    looked: count,
    judged: count.describe('By meaning, and the record has all of it: judged again under both policies.'),
    unaffected: count.describe('Decided without comparing: no threshold changes them.'),
    unknown: count,
    unknownWhy: z.record(z.string(), count),
    oldestAtMs: z.number().nullable(),
  }),
  before: setting.describe('The policy in force.'),
  after: setting.describe('With the change.'),
  flips: z.object({
    served: count.describe('Refused before, served after.'),
    refused: count,
    shown: z
      .array(
        z.object({
          id: z.string(),
          requestId: z.string(),
          atMs: z.number(),
          model: z.string(),
          query: z.string(),
          candidate: z.object({ entryId: z.string(), query: z.string() }),
          similarity: z.number(),
          score: z.number().nullable().describe('The verifier’s probability, where it was asked.'),
          recorded: z.string().describe('As it was decided when it came.'),
          before: verdictOf,
          after: verdictOf,
          usd: z.number(),
        }),
      )
      .describe('Newest first, 100 at most.'),
  }),
  limits: z.array(z.string()).describe('What these figures can not say.'),
});

export type FeedbackBody = z.input<typeof adminFeedbackBody>;
export type FeedbackAnswer = z.infer<typeof feedbackAnswer>;
export type PairsBody = z.input<typeof pairsBody>;
export type PairsAnswer = z.infer<typeof pairsAnswer>;
export type CalibrationAnswer = z.infer<typeof calibrationAnswer>;
export type WhatIfBody = z.input<typeof whatIfBody>;
