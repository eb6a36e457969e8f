import { type Fingerprint, type JudgedPair, judgedPair, NearhitError, type PairId, type TenantId } from '@nearhit/core';
import type { z } from 'zod';
import {
  adminFeedbackBody,
  calibrationAnswer,
  calibrationQuery,
  feedbackAnswer,
  type PairsAnswer,
  pairParams,
  pairsAnswer,
  pairsBody,
  pairsPutAnswer,
  pairsQuery,
  whatIfAnswer,
  whatIfBody,
} from './evidence-schemas.ts';
import { feedbackInput } from './feedback-input.ts';
import { replayAnswer, replayParams, replayQuery } from './observe-schemas.ts';
import { type Operation, operation } from './operation.ts';
import type { EvidenceAdmin } from './ports.ts';

export interface EvidenceDeps {
  /** Absent: nothing is judged here. */
  readonly evidence?: EvidenceAdmin | undefined;
}

/** What people said of answers, and where the bar lies in consequence. */
export function evidenceOperations(
  { feedback, calibration, pairs, replay, whatIf }: EvidenceAdmin,
  now: () => number,
): Operation[] {
  return [
    operation({
      method: 'post',
      path: '/feedback',
      id: 'giveFeedback',
      summary: 'Was an answer right for its question? A wrong one is not served for it again, on any replica.',
      body: adminFeedbackBody,
      answer: feedbackAnswer,
      handle: ({ body: { tenant, ...body } }) => feedback(feedbackInput(body), { kind: 'operator', tenant }),
    }),
    operation({
      method: 'get',
      path: '/calibration',
      id: 'getCalibration',
      summary: 'Hit rate, wrong share and savings at each threshold, from labelled samples; what is in force, and why.',
      query: calibrationQuery,
      answer: calibrationAnswer,
      handle: ({ query }) => calibration(query),
    }),
    operation({
      method: 'post',
      path: '/decisions/{id}/replay',
      id: 'replayDecision',
      summary: 'Makes a recorded decision once more, under the bar that was in force then: does it come out the same?',
      params: replayParams,
      query: replayQuery,
      answer: replayAnswer,
      handle: async ({ params: { id }, query: { tenant } }) => {
        const report = await replay(id, tenant);
        return { ...report, differs: [...report.differs], bar: report.bar };
      },
    }),
    operation({
      method: 'post',
      path: '/what-if',
      id: 'whatIf',
      summary: 'What a change of policy would have done to the last recorded decisions. Changes nothing.',
      body: whatIfBody,
      answer: whatIfAnswer,
      handle: ({ body }) => whatIf(body),
    }),
    ...pairOperations(pairs, now),
  ];
}

function pairOperations(pairs: EvidenceAdmin['pairs'], now: () => number): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/pairs',
      id: 'listPairs',
      summary: 'Pairs of questions that were judged, newest first. As lines of JSON by `Accept: application/x-ndjson`.',
      query: pairsQuery,
      answer: pairsAnswer,
      lines: ({ pairs: rows }: PairsAnswer) => rows,
      headers: ({ cursor }: PairsAnswer) => (cursor === undefined ? {} : { 'x-nearhit-cursor': cursor }),
      handle: async ({ query: { cursor, limit, ...filter } }) => {
        const page = await pairs.list(filter, { cursor, limit });
        return { pairs: page.pairs.map(rowOf), cursor: page.cursor };
      },
    }),
    operation({
      method: 'post',
      path: '/pairs',
      id: 'putPairs',
      summary: 'Judges pairs of questions: as a listing has them, or new ones. In force everywhere within a second.',
      body: pairsBody,
      answer: pairsPutAnswer,
      handle: async ({ body }) => {
        const judged = body.pairs.map((row) => pairOf(row, now()));
        await pairs.put(judged);
        return { count: judged.length, ids: judged.map(({ id }) => id) };
      },
    }),
    operation({
      method: 'delete',
      path: '/pairs/{id}',
      id: 'deletePair',
      summary: 'Takes a verdict back. In force everywhere within a second.',
      params: pairParams,
      handle: async ({ params: { id } }) => {
        if ((await pairs.delete([id as PairId])) === 0)
          throw new NearhitError('NOT_FOUND', `There is no pair ${id}.`, { param: 'id' });
      },
    }),
  ];
}

/** As a listing has it. */
export function rowOf({ id, scope, texts, keys, verdict, fingerprint, source, atMs, requestId }: JudgedPair) {
  return {
    ...{ id, ...scope, a: texts[0], b: texts[1], keys: [keys[0], keys[1]] as [string, string], verdict },
    ...{ fingerprint: fingerprint ?? null, source, atMs, requestId: requestId ?? null },
  };
}

type Row = z.output<typeof pairsBody>['pairs'][number];

/** Throws INVALID_REQUEST on one that says nothing. */
export function pairOf({ tenant, namespace, model, a, b, keys, ...row }: Row, nowMs: number): JudgedPair {
  const judged = judgedPair({
    scope: { tenant: tenant as TenantId, namespace, model },
    a: { text: a, key: keys?.[0] },
    b: { text: b, key: keys?.[1] },
    verdict: row.verdict,
    fingerprint: (row.fingerprint ?? undefined) as Fingerprint | undefined,
    source: row.source,
    atMs: row.atMs ?? nowMs,
    requestId: row.requestId ?? undefined,
  });
  if (judged.keys[0] === judged.keys[1])
    throw new NearhitError('INVALID_REQUEST', "Invalid request: 'pairs': both texts of a pair say the same.", {
      param: 'pairs',
    });
  return judged;
}
