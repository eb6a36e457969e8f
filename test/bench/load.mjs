// The load generator: a process of its own, a closed loop per lane, one keep-alive connection each. Takes jobs over IPC:
//   {origin, headers, stream, concurrency, durationMs, texts, from, expect, checkAnswer}
// and answers {ready} when every lane has had its first answer, then, after {go}, the figures of the job.
import { Client } from 'undici';
import { bodyOf, markerOf, newQuestion, respaced } from './questions.mjs';

const DONE = Buffer.from('data: [DONE]\n\n');

/** n -> {body, original}: the bytes to send and the question whose answer must come back. */
function requestsOf({ texts, stream }) {
  if (texts.kind === 'new') {
    return (n) => {
      const text = newQuestion(n);
      return { body: bodyOf(text, stream), original: text };
    };
  }
  const list = texts.kind === 'numbered' ? numbered(texts.count) : texts.list;
  if (texts.kind === 'respaced') {
    return (n) => {
      const { text, original } = list[n % list.length];
      return { body: bodyOf(respaced(text, 1 + Math.floor(n / list.length)), stream), original };
    };
  }
  const ready = list.map(({ text, original }) => ({ body: bodyOf(text, stream), original }));
  return (n) => ready[n % ready.length];
}

const numbered = (count) =>
  Array.from({ length: count }, (_, n) => ({ text: newQuestion(n), original: newQuestion(n) }));

class Lane {
  #job;
  #client;
  #request;
  #startedAt = 0;
  #status = 0;
  #headers = {};
  #parts = [];
  #whole;
  #then;

  constructor(job) {
    this.#job = job;
    this.#client = new Client(job.origin, { pipelining: 1, bodyTimeout: 30_000, headersTimeout: 30_000 });
  }

  /** `whole`: read the answer as a client would and compare it, not just its end. */
  send(request, whole, then) {
    this.#request = request;
    this.#whole = whole;
    this.#then = then;
    this.#parts = [];
    this.#status = 0;
    this.#startedAt = performance.now();
    const { path, headers } = this.#job;
    this.#client.dispatch({ method: 'POST', path, headers, body: request.body }, this);
  }

  onRequestStart() {}

  onResponseStart(_controller, status, headers) {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller, part) {
    this.#parts.push(part);
  }

  onResponseEnd() {
    this.#then(performance.now() - this.#startedAt, this.#fault(), this.#headers);
  }

  onResponseError(_controller, error) {
    this.#then(performance.now() - this.#startedAt, error.code ?? error.message, {});
  }

  close() {
    return this.#client.close();
  }

  bytes() {
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
  }

  #fault() {
    const { expect, stream, checkAnswer } = this.#job;
    if (this.#status !== 200) return `status ${this.#status}`;
    const h = this.#headers;
    if (h['x-nearhit-cache'] !== expect.cache || h['x-nearhit-layer'] !== expect.layer) {
      const got = [h['x-nearhit-cache'], h['x-nearhit-layer'], h['x-nearhit-reason']].filter(Boolean).join(' ');
      return `answered ${got || 'without x-nearhit-cache'}`;
    }
    const end = this.#parts.at(-1);
    if (end === undefined) return 'empty body';
    if (!checkAnswer) return undefined;
    if (stream && !this.#whole) return this.bytes().subarray(-DONE.length).equals(DONE) ? undefined : 'cut stream';
    const text = stream ? textOfStream(this.bytes().toString()) : this.bytes();
    return text.includes(markerOf(this.#request.original)) ? undefined : 'wrong answer';
  }
}

function textOfStream(sse) {
  return sse
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? '')
    .join('');
}

function stagesOf(headers) {
  const stages = {};
  for (const part of (headers['server-timing'] ?? '').split(', ')) {
    const [name, ms] = part.split(';dur=');
    if (ms !== undefined) stages[name] = Number(ms);
  }
  return stages;
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
const sorted = (list) => Float64Array.from(list).sort();

class Tally {
  #times = [];
  #besidesEmbedding = [];
  #embedding = [];
  errors = {};

  add(ms, fault, headers) {
    this.#times.push(ms);
    if (fault !== undefined) {
      this.errors[fault] = (this.errors[fault] ?? 0) + 1;
      return;
    }
    if (headers['x-nearhit-layer'] !== 'semantic') return;
    const { embed = 0 } = stagesOf(headers);
    this.#embedding.push(embed);
    this.#besidesEmbedding.push(Number(headers['x-nearhit-overhead-ms']) - embed);
  }

  figures() {
    const times = sorted(this.#times);
    const besides = sorted(this.#besidesEmbedding);
    return {
      requests: times.length,
      errors: this.errors,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      maxMs: times.at(-1),
      embedP50Ms: quantile(sorted(this.#embedding), 0.5),
      besidesEmbedP50Ms: quantile(besides, 0.5),
      besidesEmbedP99Ms: quantile(besides, 0.99),
    };
  }
}

const goes = () => new Promise((resolve) => process.once('message', resolve));

async function run(job) {
  const requestAt = requestsOf(job);
  const lanes = Array.from({ length: job.concurrency }, () => new Lane(job));
  let n = job.from;
  let bytes = 0;
  const firstFaults = {};
  const first = (lane) =>
    new Promise((resolve) => {
      lane.send(requestAt(n++), true, (_ms, fault) => {
        if (fault !== undefined) firstFaults[fault] = (firstFaults[fault] ?? 0) + 1;
        bytes = lane.bytes().length;
        resolve();
      });
    });
  await Promise.all(lanes.map(first));
  process.send({ ready: true });
  await goes();

  const tally = new Tally();
  const cpuAtStart = process.cpuUsage();
  const startedAt = performance.now();
  const endAt = startedAt + job.durationMs;
  await Promise.all(
    lanes.map(
      (lane) =>
        new Promise((resolve) => {
          const next = (ms, fault, headers) => {
            if (ms !== undefined) tally.add(ms, fault, headers);
            if (performance.now() >= endAt) resolve();
            else lane.send(requestAt(n++), false, next);
          };
          next();
        }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuAtStart);
  process.send({ ...tally.figures(), firstFaults, bytes, seconds, cpuUs: cpu.user + cpu.system, next: n });
  await Promise.all(lanes.map((lane) => lane.close()));
}

process.on('disconnect', () => process.exit(0));
let queue = Promise.resolve();
process.on('message', (message) => {
  if (message.job === undefined) return;
  queue = queue.then(() => run(message.job));
});
process.send({ ready: true });
