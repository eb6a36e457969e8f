import { setTimeout as sleep } from 'node:timers/promises';
import { flush, PATH } from './gateways.mjs';
import { cpuOf } from './processes.mjs';

/** An ingress has handed on what it wrote. */
const HANDED_ON_MS = 200;

/** Runs rows against their processes and collects the figures of every round. */
export class Meter {
  #load;
  #targets;
  /** Where the next question that must be new begins, per row. */
  #from = new Map();
  /** `row stream concurrency` -> figures of each round. */
  rounds = new Map();

  constructor(load, targets) {
    this.#load = load;
    this.#targets = targets;
  }

  async run(row, { stream, concurrency, durationMs, keep }) {
    const target = this.#targets[row.target];
    this.#load.send({
      job: {
        origin: target.origin,
        path: PATH,
        headers: { 'content-type': 'application/json', ...row.headers },
        stream,
        concurrency,
        durationMs,
        texts: row.texts,
        from: this.#from.get(row.id) ?? row.firstQuestion ?? 0,
        expect: row.expect,
        checkAnswer: row.checkAnswer,
      },
    });
    await this.#load.next();
    const before = cpuOf(target.pid);
    this.#load.send({ go: true });
    const figures = await this.#load.next();
    // What a miss leaves to do after its answer belongs to its cost.
    if (row.leaves === 'all') await flush(target);
    else if (row.leaves === 'own') await sleep(HANDED_ON_MS);
    const after = cpuOf(target.pid);
    // Others are not to share the machine with what is left.
    if (row.leaves === 'own') await flush(target);
    this.#from.set(row.id, figures.next);
    if (keep) this.#keep(`${row.id} ${stream} ${concurrency}`, figures, before, after);
    await sleep(20);
    return figures;
  }

  #keep(key, figures, before, after) {
    const { requests, seconds } = figures;
    const round = {
      ...figures,
      rps: requests / seconds,
      cpuUs: (after?.allUs - before?.allUs) / requests,
      mainUs: (after?.mainUs - before?.mainUs) / requests,
      loadCpuUs: figures.cpuUs / requests,
    };
    const rounds = this.rounds.get(key);
    if (rounds === undefined) this.rounds.set(key, [round]);
    else rounds.push(round);
  }
}

/** Undefined when there is nothing to take it of; NaN reaches here as null. */
export function median(list) {
  const sorted = list.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const MEDIANS = [
  'rps',
  'cpuUs',
  'mainUs',
  'loadCpuUs',
  'p50Ms',
  'p99Ms',
  'embedP50Ms',
  'besidesEmbedP50Ms',
  'besidesEmbedP99Ms',
];

/** One line of the table: medians over the rounds; what compares with a floor is the median of the rounds' own. */
export function summarise(row, stream, concurrency, allRounds) {
  const rounds = allRounds.get(`${row.id} ${stream} ${concurrency}`) ?? [];
  const floors = row.floor === undefined ? [] : (allRounds.get(`${row.floor} ${stream} ${concurrency}`) ?? []);
  const rivals = row.rival === undefined ? [] : (allRounds.get(`${row.rival} ${stream} ${concurrency}`) ?? []);
  const compared = (of, others = floors) =>
    median(rounds.flatMap((round, i) => (others[i] === undefined ? [] : [of(round, others[i])])));
  const errors = {};
  for (const round of rounds) {
    for (const faults of [round.errors, round.firstFaults]) {
      for (const [fault, count] of Object.entries(faults)) errors[fault] = (errors[fault] ?? 0) + count;
    }
  }
  return {
    row: row.id,
    name: row.name,
    floor: row.floor,
    form: stream ? 'SSE' : 'JSON',
    concurrency,
    rounds: rounds.length,
    requests: rounds.reduce((sum, { requests }) => sum + requests, 0),
    bytes: rounds[0]?.bytes,
    ...Object.fromEntries(MEDIANS.map((name) => [name, median(rounds.map((round) => round[name]))])),
    ratio: compared((round, floor) => round.cpuUs / floor.cpuUs),
    rivalTimes: compared((round, rival) => rival.cpuUs / round.cpuUs, rivals),
    addedP50Ms: compared((round, floor) => round.p50Ms - floor.p50Ms),
    onTopOfEmbedMs: median(rounds.map((round) => round.p50Ms - round.embedP50Ms)),
    errorCount: Object.values(errors).reduce((sum, count) => sum + count, 0),
    errors,
  };
}
