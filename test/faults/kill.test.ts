import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ChildGateway } from '../support/child-gateway.ts';
import { cacheOf, PATIENT } from '../support/client.ts';
import { answerPlainly, completion, FakeUpstream, lastUserText, sendJson } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

/** By hand: NEARHIT_KILL_ROUNDS=200. */
const ROUNDS = Number(process.env.NEARHIT_KILL_ROUNDS ?? 6);
const CLIENTS = 6;
const LOAD_MS_MAX = 1000;
const START_MS_MAX = 700;

const THINGS = ['bolt', 'kettle', 'violin', 'sail', 'lantern', 'ledger', 'saddle', 'compass', 'anvil', 'orchard'];
const PLACES = ['Bergen', 'Kyoto', 'Lima', 'Tunis', 'Oslo', 'Quito', 'Perth', 'Cork', 'Turin', 'Malmö'];

const questionOf = (number: number): string =>
  `What is the story of the ${THINGS[number % 10]} number ${number} in ${PLACES[Math.floor(number / 10) % 10]}?`;

/** From a few bytes to a quarter of a megabyte, some of it hard to compress; a function of the question. */
function answerOf(question: string): string {
  const seed = [...question].reduce((sum, { length }, at) => (sum * 31 + question.charCodeAt(at) + length) % 65_521, 7);
  const sizes = [0, 40, 700, 9000, 250_000];
  let text = `answer to: ${question}`;
  for (let at = seed; text.length < (sizes[seed % 5] ?? 0); at = (at * 75 + 74) % 65_537) text += ` ${at.toString(36)}`;
  return text;
}

let folder: string;
let upstream: FakeUpstream;
let gateway: ChildGateway | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-kill-'));
  writeFileSync(join(folder, 'nearhit.yaml'), PATIENT);
  upstream = await FakeUpstream.start((call, res, turn) => {
    if (call.body.stream === true) answerPlainly(call, res, turn);
    else sendJson(res, completion(call, answerOf(lastUserText(call.body)), turn));
  });
});
afterEach(async () => {
  await gateway?.kill();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const env = () => ({ OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-house', LOG_LEVEL: 'error' });

/** Questions that were answered, and those of them that a flush has vouched for. */
class Witness {
  next = 0;
  readonly answered = new Set<string>();
  readonly durable = new Set<string>();
  readonly checked = new Set<string>();

  /** New questions, JSON and stream, and a flush now and then, until the process dies. */
  async load(child: ChildGateway): Promise<void> {
    // What an earlier process answered and had not written yet went with it: no flush of this one vouches for it.
    this.answered.clear();
    const client = async () => {
      for (;;) {
        const number = this.next++;
        const question = questionOf(number);
        const { status } = await child.ask(question, number % 3 === 0 ? { stream: true } : {});
        expect(status).toBe(200);
        this.answered.add(question);
      }
    };
    const flusher = async () => {
      for (;;) {
        const before = [...this.answered];
        await child.flush();
        for (const question of before) this.durable.add(question);
      }
    };
    const lost = (error: Error & { matcherResult?: unknown }) => {
      if (error.matcherResult !== undefined) throw error;
    };
    await Promise.all([...Array.from({ length: CLIENTS }, client), flusher()].map((work) => work.catch(lost)));
  }

  /** What must hold after every restart. `all`: entries looked at in earlier rounds, too. */
  async check(child: ChildGateway, all = false): Promise<void> {
    const entries = await child.entries();
    const stored = new Set(entries.map(({ query }) => query));
    expect([...this.durable].filter((question) => !stored.has(question))).toEqual([]);
    expect(stored.size).toBe(entries.length);
    await until('every semantic entry has its vector, and none is left over', async () => {
      return (await child.metric('nearhit_index_vectors')) === entries.filter(({ semantic }) => semantic).length;
    });
    for (const { id, query } of entries) {
      if (!all && this.checked.has(id)) continue;
      this.checked.add(id);
      const { status, json } = await child.admin('GET', `/entries/${id}`);
      expect(status).toBe(200);
      const content = json.answer.choices[0].message.content;
      expect([answerOf(query), `answer to: ${query}`]).toContain(content);
      expect(json.answer.choices[0].finish_reason).toBe('stop');
      expect(json.embeddingModel).toEqual(expect.any(String));
    }
    await this.#checkHits(child);
  }

  async #checkHits(child: ChildGateway): Promise<void> {
    const calls = upstream.calls.length;
    const sample = [...this.durable].slice(-4);
    for (const question of sample) {
      expect(cacheOf(await child.ask(question))).toEqual({ cache: 'hit', layer: 'l2', reason: undefined });
      const reply = await child.ask(`${question} `);
      expect(cacheOf(reply)).toEqual({ cache: 'hit', layer: 'semantic', reason: undefined });
      expect(reply.json.choices[0].message.content).toContain(`answer to: ${question}`);
    }
    expect(upstream.calls).toHaveLength(calls);
  }
}

test(
  `kill -9 in the middle of writes, ${ROUNDS} times: no torn entry, no orphan, nothing flushed is lost`,
  async () => {
    const witness = new Witness();
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 5 === 4) {
        gateway = ChildGateway.spawn({ cwd: folder, env: env() });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * START_MS_MAX));
        await gateway.kill();
        continue;
      }
      gateway = await ChildGateway.start({ cwd: folder, embedding: 'shared', env: env() });
      await witness.check(gateway);
      const loading = witness.load(gateway);
      if (round === 0) await until('something is flushed', () => witness.durable.size > 0);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * LOAD_MS_MAX));
      await gateway.kill();
      await loading;
      upstream.calls.length = 0;
    }
    gateway = await ChildGateway.start({ cwd: folder, embedding: 'shared', env: env() });
    await witness.check(gateway, true);
    expect(witness.durable.size).toBeGreaterThan(0);
    if (ROUNDS > 6) console.info(`${witness.next} asked, ${witness.durable.size} flushed before a kill`);
  },
  60_000 + ROUNDS * 10_000,
);
