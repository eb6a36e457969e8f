import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ChatCall } from '../answer/chat-call.ts';
import type { HitOutcome } from '../answer/outcome.ts';
import { ANYONE, type Caller, UNLIMITED } from '../caller.ts';
import { sampleEntry } from '../conformance/storage.samples.ts';
import type { TenantId } from '../ids.ts';
import { POLICY_DEFAULTS, type Policy } from '../policy/schema.ts';
import type { AuditJob } from '../ports/audit-queue.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { AuditChoice } from './choose.ts';
import { AuditTally } from './tally.ts';

const entry = sampleEntry(1, { costUsd: 0.25 });
const jobs: AuditJob[] = [];
let tally: AuditTally;
let isFull: boolean;
beforeEach(() => {
  jobs.length = 0;
  tally = new AuditTally();
  isFull = false;
});

const choice = (random: () => number = () => 0) =>
  new AuditChoice({
    queue: { enqueue: (job) => !isFull && jobs.push(job) > 0 },
    ...{ tally, random, now: () => 7 },
  });

const call = (more: Partial<ChatCall> = {}): ChatCall => ({
  ...{ requestId: 'r', callId: 'c-1', body: Buffer.from('{"model":"m"}'), headers: {}, caller: ANYONE },
  ...{ allowance: UNLIMITED, endpoint: 'chat', forward: {}, startedAtMs: 0, client: { gone: false, onGone() {} } },
  ...more,
});

const request = (policy: Partial<Policy>, more: Partial<PreparedRequest> = {}) =>
  ({
    ...{ scope: entry.scope, fingerprint: entry.fingerprint, query: 'asked?' },
    resolved: { policy: { ...POLICY_DEFAULTS, ...policy } },
    ...more,
  }) as PreparedRequest;

const hit = (more: Partial<HitOutcome> = {}): HitOutcome => ({
  ...{ kind: 'hit', layer: 'semantic', cached: { entry, rendered: new Map() }, similarity: 0.93, ageSeconds: 1 },
  ...{ score: 0.97, scorer: 'v1' },
  ...more,
});

const ended = () => tally.counts().ended.map(({ kind, verdict }) => `${kind} ${verdict}`);

describe('a hit by meaning', () => {
  test('becomes a job that knows what was asked, what was served and how it was decided, and no credential', () => {
    const headers = { authorization: 'Bearer sk-secret', 'x-nearhit-routing': 'cost', 'x-nearhit-ttl': '9' };
    choice().ofHit(call({ headers, provider: 'p' }), request({ auditShare: 1, auditJudge: 'j' }), hit());
    expect(jobs).toEqual([
      {
        ...{ id: 'c-1', requestId: 'r', atMs: 7, scope: entry.scope, fingerprint: entry.fingerprint },
        ...{ query: 'asked?', stored: entry.query, entryId: entry.id, entryAtMs: entry.createdAtMs },
        ...{ similarity: 0.93, score: 0.97, scorer: 'v1', served: true, savedUsd: 0.25 },
        policy: { auditBudgetUsdDay: 1, auditJudge: 'j' },
        compare: {
          kind: 'audit',
          question: {
            body: '{"model":"m"}',
            madeOf: undefined,
            provider: 'p',
            headers: { 'x-nearhit-routing': 'cost' },
          },
        },
      },
    ]);
    expect(JSON.stringify(jobs)).not.toContain('secret');
  });

  test('is chosen with the chance that the policy says', () => {
    const draws = [0, 0.019, 0.02, 0.5, 0.999];
    const choosing = choice(() => draws.shift() as number);
    for (let n = 0; n < 5; n += 1) choosing.ofHit(call(), request({ auditShare: 0.02 }), hit());
    expect(jobs).toHaveLength(2);
  });

  const acme: Caller = { ...ANYONE, tenant: 'acme' as TenantId };
  test.each<[string, Partial<Policy>, Partial<HitOutcome>, Partial<ChatCall>, Partial<PreparedRequest>, string[]]>([
    ['by default', {}, {}, {}, {}, []],
    ['without money', { auditShare: 1, auditBudgetUsdDay: 0 }, {}, {}, {}, []],
    ['of the same bytes', { auditShare: 1 }, { layer: 'l1', similarity: undefined }, {}, {}, []],
    ['of the same question', { auditShare: 1 }, { stage: 'identity', similarity: 1 }, {}, {}, []],
    ['past its life', { auditShare: 1 }, { stale: 'revalidating' }, {}, {}, []],
    ['of another purse', { auditShare: 1 }, {}, { caller: acme }, {}, ['audit own-credential']],
    [
      'of a tenant’s own provider key',
      { auditShare: 1 },
      {},
      { caller: { ...ANYONE, upstreamKeys: { openai: 'sk' } } },
      {},
      ['audit own-credential'],
    ],
    ['of a long body', { auditShare: 1 }, {}, { body: Buffer.alloc(300_000) }, {}, ['audit too-long']],
    ['of a long question', { auditShare: 1 }, {}, {}, { query: 'x'.repeat(9000) }, ['audit too-long']],
  ])('is not audited %s', (_, policy, more, asked, wanted, counted) => {
    choice().ofHit(call(asked), request(policy, wanted), hit(more));
    expect([jobs, ended()]).toEqual([[], counted]);
  });

  test('what finds no room is counted', () => {
    isFull = true;
    choice().ofHit(call(), request({ auditShare: 1 }), hit());
    expect(ended()).toEqual(['audit dropped']);
  });
});

describe('a decision in shadow', () => {
  const message = (content: string | null, more: object = {}) => ({
    costUsd: 0.1,
    answer: Buffer.from(JSON.stringify({ choices: [{ message: { role: 'assistant', content, ...more } }] })),
  });
  const shadowed = { entry, similarity: 0.8, score: 0.4, scorer: 'v1', served: false };

  test('becomes a job that holds the answer from upstream', () => {
    choice().ofShadow(call(), request({ mode: 'shadow' }), shadowed, message('fresh'));
    expect(jobs).toMatchObject([{ served: false, score: 0.4, compare: { kind: 'shadow', answer: 'fresh' } }]);
  });

  test('without an answer, or with one that is no text, there is nothing to compare', () => {
    const choosing = choice();
    choosing.ofShadow(call(), request({}), shadowed, { costUsd: 0, notStored: 'status' });
    choosing.ofShadow(call(), request({}), shadowed, message(null, { tool_calls: [{ id: 't' }] }));
    expect([jobs, ended()]).toEqual([[], ['shadow tools']]);
  });
});
