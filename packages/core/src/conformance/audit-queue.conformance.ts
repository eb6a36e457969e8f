import { afterEach, describe, expect, test } from '@jest/globals';
import type { AuditQueue, RunAudit } from '../ports/audit-queue.ts';
import { sampleAudit } from './audits.samples.ts';
import { until } from './queue.samples.ts';

export { sampleAudit } from './audits.samples.ts';

/** A queue, and whoever runs what it holds. At most two jobs wait where `jobsMax` is 2; a second try comes at once. */
export type OpenAudits = (options: {
  run: RunAudit;
  jobsMax?: number;
}) => Promise<{ queue: AuditQueue; close(): Promise<void> }>;

export function auditQueueConformance(name: string, open: OpenAudits): void {
  describe(`AuditQueue: ${name}`, () => {
    const opened: { close(): Promise<void> }[] = [];
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });
    const start = async (run: RunAudit, jobsMax?: number): Promise<AuditQueue> => {
      const made = await open({ run, ...(jobsMax !== undefined && { jobsMax }) });
      opened.push(made);
      return made.queue;
    };
    const empty = (queue: AuditQueue) =>
      until(
        () => queue.depth(),
        (depth) => depth === 0,
      );

    test('runs every job whole, each once, one at a time', async () => {
      const ran: unknown[] = [];
      let [inHand, most] = [0, 0];
      const queue = await start(async (job) => {
        most = Math.max(most, ++inHand);
        await new Promise((resolve) => setImmediate(resolve));
        ran.push(job);
        inHand -= 1;
      });
      const jobs = [
        ...[1, 2, 3, 4].map((n) => sampleAudit(n)),
        sampleAudit(5, { score: undefined, scorer: undefined, compare: { kind: 'shadow', answer: 'It is "so".\n' } }),
      ];
      for (const job of jobs) expect(queue.enqueue(job)).toBe(true);
      await empty(queue);
      expect(JSON.parse(JSON.stringify(ran))).toEqual(JSON.parse(JSON.stringify(jobs)));
      expect(most).toBe(1);
    });

    test('one whose id waits already is the same one', async () => {
      const ran: string[] = [];
      let go!: () => void;
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const queue = await start(async ({ id }) => {
        await gate;
        ran.push(id);
      });
      for (const n of [1, 2, 2, 1, 2]) queue.enqueue(sampleAudit(n));
      go();
      await empty(queue);
      expect(ran).toEqual(['call-1', 'call-2']);
    });

    test('one that rejects is tried again, and finds the verdict that was kept', async () => {
      const seen: unknown[] = [];
      const judged = { verdict: 'disagree', why: 'number', weight: 0.5 } as const;
      const queue = await start(async ({ id }, attempt) => {
        seen.push([id, attempt.judged]);
        if (attempt.judged !== undefined || id !== 'call-1') return;
        await attempt.keep(judged);
        throw new Error('the store is away');
      });
      queue.enqueue(sampleAudit(1));
      await until(
        () => seen.length,
        (count) => count === 2,
      );
      expect(seen).toEqual([
        ['call-1', undefined],
        ['call-1', judged],
      ]);
      await empty(queue);
    });

    test('one that rejects for ever is given up, and holds nobody up', async () => {
      const tries: string[] = [];
      const queue = await start(async ({ id }) => {
        tries.push(id);
        if (id === 'call-1') throw new Error('no');
      });
      queue.enqueue(sampleAudit(1));
      queue.enqueue(sampleAudit(2));
      await empty(queue);
      expect(tries).toContain('call-2');
      expect(tries.filter((id) => id === 'call-1').length).toBeGreaterThan(1);
    });

    test('is bounded, and takes nothing more once it is closed', async () => {
      let go!: () => void;
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      const queue = await start(() => gate, 2);
      const taken = [1, 2, 3, 4, 5, 6].map((n) => queue.enqueue(sampleAudit(n)));
      expect(taken[0]).toBe(true);
      expect(taken).toContain(false);
      go();
      await empty(queue);
      await queue.close();
      expect(queue.enqueue(sampleAudit(9))).toBe(false);
    });
  });
}
