import { beforeEach, describe, expect, test } from '@jest/globals';
import { Calibration } from '../calibrate/service.ts';
import { sampleAudit } from '../conformance/audit-queue.conformance.ts';
import { sampleEntry, T0, unit } from '../conformance/storage.samples.ts';
import { NearhitError } from '../errors.ts';
import { LinkMemory } from '../evidence/links.ts';
import type { AuditJob, AuditJudgement } from '../ports/audit-queue.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { AuditCall, AuditReply } from './ask.ts';
import { createAuditor } from './auditor.ts';
import { AuditTally } from './tally.ts';

const completion = (content: string) =>
  Buffer.from(
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }),
  );

class House {
  readonly stores = createMemoryStore();
  readonly links = new LinkMemory(this.stores.pairs);
  readonly calibration = new Calibration({ store: this.stores.samples });
  readonly tally = new AuditTally();
  readonly calls: AuditCall[] = [];
  readonly incidents: string[] = [];
  reply: (call: AuditCall) => AuditReply = () => ({ answer: completion('It takes 14 days.'), costUsd: 0.01 });
  /** What every text is embedded as. */
  vectors = [unit(1), unit(1)];
  appendFails = 0;

  async stored(text: string, n = 1): Promise<void> {
    await this.stores.responses.put([sampleEntry(n, { answer: completion(text), createdAtMs: T0 })]);
  }

  run(job: AuditJob, kept: { judged?: AuditJudgement } = {}, signal = new AbortController().signal): Promise<void> {
    const run = createAuditor({
      ask: async (call) => {
        this.calls.push(call);
        return this.reply(call);
      },
      ...{ store: this.stores.responses, links: this.links, tally: this.tally, now: () => T0 + 5 },
      calibration: {
        append: async (samples) => {
          if (this.appendFails-- > 0) throw new NearhitError('STORE_UNAVAILABLE', 'away');
          await this.calibration.append(samples);
        },
      },
      embedder: { embed: async () => this.vectors.map((vector) => ({ vector, tokens: 1, truncated: false })) },
      observer: { incident: (name) => void this.incidents.push(name) },
      marker: () => 'MARKER',
    });
    const keep = async (judged: AuditJudgement) => void Object.assign(kept, { judged });
    return run(job, { judged: kept.judged, keep, signal });
  }

  get ended() {
    return Object.fromEntries(
      this.tally.counts().ended.map(({ kind, verdict, count }) => [`${kind} ${verdict}`, count]),
    );
  }

  get samples() {
    return [...this.calibration.samples()];
  }

  link(job: AuditJob) {
    return this.links.of(job.scope, job.fingerprint)?.(job.query, job.stored);
  }
}

let house: House;
beforeEach(() => {
  house = new House();
});

describe('an audit', () => {
  test('the same answer: a sample with the decision’s score, and no pair', async () => {
    await house.stored('It takes 14 days.');
    const job = sampleAudit(1);
    await house.run(job);
    const { tenant, namespace, model } = job.scope;
    expect(house.samples).toEqual([
      {
        ...{ id: 'audit:call-1', tenant, namespace, model, scorer: 'v1', score: 0.97, similarity: 0.93, right: true },
        ...{ source: 'audit', served: true, weight: 0.2, atMs: T0 + 5, savedUsd: 0.002 },
      },
    ]);
    expect([house.link(job), house.ended]).toEqual([undefined, { 'audit agree': 1 }]);
    expect(house.calls).toMatchObject([
      {
        requestId: 'r1',
        body: { model: 'm', n: 1 },
        provider: 'p',
        headers: { 'anthropic-beta': 'x' },
        budgetUsdDay: 1,
      },
    ]);
    expect(house.tally.counts().costUsd).toBe(0.01);
  });

  test('a contradicting one: the pair is not served again, and the sample counts in full', async () => {
    await house.stored('It takes 30 days.');
    const job = sampleAudit(1, { score: undefined, scorer: undefined });
    await house.run(job);
    expect(house.link(job)).toBe('cannot');
    expect(house.samples).toMatchObject([{ right: false, scorer: 'cosine', score: 0.93 }]);
    expect(house.samples[0]).not.toHaveProperty('weight');
    const { pairs } = await house.links.list({}, { limit: 5 });
    expect(pairs).toMatchObject([{ source: 'audit', verdict: 'wrong', requestId: 'r1' }]);
  });

  test('cut off after its verdict: the next try asks nothing and comes to the same', async () => {
    await house.stored('It takes 30 days.');
    house.appendFails = 1;
    const [job, kept] = [sampleAudit(1), {}];
    await expect(house.run(job, kept)).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    house.reply = () => ({ answer: completion('It takes 30 days.'), costUsd: 1 });
    await house.run(job, kept);
    await house.run(job, kept);
    expect(house.calls).toHaveLength(1);
    expect(house.samples).toMatchObject([{ id: 'audit:call-1', right: false }]);
  });

  test.each<[string, () => Promise<void>, string]>([
    ['an entry that is gone', async () => {}, 'entry-gone'],
    [
      'one that has been replaced',
      () => house.stores.responses.put([sampleEntry(1, { createdAtMs: T0 + 1 })]),
      'entry-gone',
    ],
    [
      'a day’s budget that is spent',
      async () => {
        await house.stored('It takes 14 days.');
        house.reply = () => {
          throw new NearhitError('BUDGET_EXCEEDED', 'spent');
        };
      },
      'budget',
    ],
    [
      'an upstream that fails',
      async () => {
        await house.stored('It takes 14 days.');
        house.reply = () => ({ why: 'status-500', costUsd: 0 });
      },
      'failed',
    ],
    [
      'an answer that calls a tool',
      async () => {
        await house.stored('It takes 14 days.');
        const message = { role: 'assistant', content: null, tool_calls: [{ id: 't' }] };
        house.reply = () => ({ answer: Buffer.from(JSON.stringify({ choices: [{ message }] })), costUsd: 0.1 });
      },
      'tools',
    ],
  ])('%s: no label, and counted', async (_, prepare, why) => {
    await prepare();
    await house.run(sampleAudit(1));
    expect([house.samples, house.ended]).toEqual([[], { [`audit ${why}`]: 1 }]);
    expect((await house.links.list({}, { limit: 1 })).pairs).toEqual([]);
  });

  test('where the store is away it is worth another try', async () => {
    await house.stored('x');
    house.reply = () => {
      throw new NearhitError('STORE_UNAVAILABLE', 'away');
    };
    await expect(house.run(sampleAudit(1))).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
    expect(house.ended).toEqual({});
  });

  test('let go of, it comes to no verdict', async () => {
    await house.stored('It takes 30 days.');
    const abort = new AbortController();
    house.reply = () => {
      abort.abort();
      return { answer: completion('It takes 14 days.'), costUsd: 0 };
    };
    await expect(house.run(sampleAudit(1), {}, abort.signal)).rejects.toThrow('cut off');
    expect(house.samples).toEqual([]);
  });

  test('answers that can’t be embedded, or not whole, are told apart by the rest', async () => {
    await house.stored('You can send it back to us.');
    house.reply = () => ({ answer: completion('You may send it back to us.'), costUsd: 0 });
    house.vectors = [];
    await house.run(sampleAudit(1));
    expect([house.samples, house.ended]).toEqual([[], { 'audit unsure': 1 }]);
  });
});

describe('a model as the judge', () => {
  const judged = sampleAudit(1, { policy: { auditBudgetUsdDay: 2, auditJudge: 'judge' } });
  const saying = (word: string) => {
    house.reply = ({ body }) => ({
      answer: completion(body.model === 'judge' ? word : 'You can keep it.'),
      costUsd: 0.01,
    });
  };
  beforeEach(async () => {
    await house.stored('You can send it back to us.');
    house.vectors = [unit(1), unit(2)];
  });

  test.each([
    ['DIFFERENT', [{ right: false }]],
    ['SAME', [{ right: true }]],
    ['I follow the text: SAME', []],
  ])('%s', async (word, samples) => {
    saying(word);
    await house.run(judged);
    expect(house.calls.map(({ body, budgetUsdDay }) => [body.model, budgetUsdDay])).toEqual([
      ['m', 2],
      ['judge', 2],
    ]);
    expect(house.samples).toMatchObject(samples);
    // With a judge for the rest, agreements are as fair a sample as contradictions.
    for (const sample of house.samples) expect(sample).not.toHaveProperty('weight');
    expect(house.tally.counts().costUsd).toBeCloseTo(0.02, 9);
  });

  test('is not asked where the rules can tell', async () => {
    house.reply = () => ({ answer: completion('You can send it back to us!'), costUsd: 0 });
    await house.run(judged);
    expect(house.calls).toHaveLength(1);
    expect(house.samples).toMatchObject([{ right: true }]);
  });
});

describe('a shadow', () => {
  const shadow = (answer: string, changes: Partial<AuditJob> = {}) =>
    sampleAudit(1, { compare: { kind: 'shadow', answer }, ...changes });

  test('asks nothing; what would have been served wrongly is remembered', async () => {
    await house.stored('It takes 30 days.');
    await house.run(shadow('It takes 14 days.'));
    expect(house.calls).toEqual([]);
    expect(house.samples).toMatchObject([{ id: 'shadow:call-1', source: 'shadow', right: false, served: true }]);
    expect(house.link(shadow(''))).toBe('cannot');
  });

  test('what the bar had refused only counts', async () => {
    await house.stored('It takes 30 days.');
    await house.run(shadow('It takes 14 days.', { served: false, score: 0.4 }));
    expect(house.samples).toMatchObject([{ right: false, served: false, score: 0.4 }]);
    expect(house.link(shadow(''))).toBeUndefined();
  });
});

test('a wrong answer to the same question in other type makes no pair', async () => {
  await house.stored('It takes 30 days.');
  const job = sampleAudit(1, { query: 'Asked it?', stored: 'asked it' });
  await house.run(job);
  expect((await house.links.list({}, { limit: 1 })).pairs).toEqual([]);
  expect(house.samples).toMatchObject([{ right: false, id: 'audit:call-1' }]);
});
