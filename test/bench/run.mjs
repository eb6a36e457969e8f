#!/usr/bin/env node
// `pnpm bench`: the gateway beside floors measured in the same run. docs/performance.md says how to read it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureEnqueue, redisIsThere } from './distributed.mjs';
import { createFolders } from './gateways.mjs';
import { Meter, median, summarise } from './measure.mjs';
import { planOf } from './plan.mjs';
import { Child, memoryOf } from './processes.mjs';
import { aims, ENQUEUE, markdown } from './report.mjs';
import { STORED_COUNT } from './rows.mjs';
import { openTargets } from './targets.mjs';

const USAGE = `pnpm bench [options]
  --quick            under two minutes: short rounds, few entries
  --only a,b         embedded, gateway, distributed; or rows: pass l1 l2 semantic memo miss, and the same with d- for
                     distributed, d-unstored; gw-plain gw-full portkey (their floors come with them);
                     start: start times and memory; enqueue
  --duration MS      of one round (default 1000; quick 200)
  --rounds N         (default 3; quick 2)
  --concurrency 1,16 (default 1,16,64)
  --form json|sse    (default both)
  --entries N        in the index of the main gateways (default 20000; quick 2000)
  --json             print the result as JSON instead of tables
  --node-arg ARG     for the gateway's node, e.g. --node-arg=--cpu-prof (repeatable)
Both forms are written to test/bench/results/latest.json and latest.md.`;

/** Questions asked for real, whose embeddings the others are made of. */
const FILL_PARENTS = 400;
const FORMS = { both: [false, true], json: [false], sse: [true] };

function settingsFrom(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      duration: { type: 'string' },
      rounds: { type: 'string' },
      concurrency: { type: 'string', default: '1,16,64' },
      entries: { type: 'string' },
      form: { type: 'string', default: 'both' },
      json: { type: 'boolean', default: false },
      'node-arg': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { quick } = values;
  if (!(values.form in FORMS)) throw new Error(`--form: expected ${Object.keys(FORMS).join(', ')}`);
  const number = (name, fallback) => {
    const value = Number(values[name] ?? fallback);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number from 1`);
    return value;
  };
  return {
    help: values.help,
    quick,
    json: values.json,
    nodeArgs: values['node-arg'],
    only: values.only?.split(','),
    durationMs: number('duration', quick ? 200 : 1000),
    rounds: number('rounds', quick ? 2 : 3),
    // A process that serves is warm: V8 compiles for seconds what is called often.
    warmUpMs: quick ? 400 : 5000,
    entries: number('entries', quick ? 2000 : 20_000),
    /** Streamed or not. */
    forms: FORMS[values.form],
    parents: FILL_PARENTS,
    stored: STORED_COUNT,
    concurrencies: values.concurrency.split(',').map(Number),
  };
}

async function main() {
  const settings = settingsFrom(process.argv.slice(2));
  if (settings.help) return console.log(USAGE);
  if (!existsSync(fileURLToPath(new URL('../../dist/standalone.js', import.meta.url)))) {
    throw new Error('the gateway is not built: run `pnpm build` first');
  }
  const say = (text) => process.stderr.write(`${text}\n`);
  const folders = createFolders();
  const open = [];
  const kept = (thing) => {
    open.push(thing);
    return thing;
  };
  try {
    const result = await bench(settings, { folders, kept, say });
    const folder = new URL('./results/', import.meta.url);
    mkdirSync(folder, { recursive: true });
    const json = `${JSON.stringify(result, null, 2)}\n`;
    writeFileSync(new URL('latest.json', folder), json);
    writeFileSync(new URL('latest.md', folder), `${markdown(result)}\n`);
    console.log(settings.json ? json : markdown(result));
    if (result.lines.some(({ errorCount }) => errorCount > 0)) process.exitCode = 1;
  } finally {
    await Promise.all(open.map((thing) => thing.close()));
    folders.remove();
  }
}

async function bench(settings, { folders, kept, say }) {
  const machine = {
    date: new Date().toISOString().slice(0, 16),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    node: process.versions.node,
    load: loadavg()[0].toFixed(1),
  };
  const plan = planOf(settings.only);
  if ((plan.distributed || plan.enqueue) && !redisIsThere())
    throw new Error(
      'distributed rows need a redis-server (Debian: apt-get install redis-server); --only embedded goes without',
    );
  // First, while nothing else runs.
  const enqueueUs = plan.enqueue ? median(await measureEnqueue({ ...settings, folders, say })) : undefined;
  const upstream = kept(await Child.listening('./upstream.mjs'));
  const { rows, targets, facts } = await openTargets(plan, settings, { folders, kept, say, upstream });
  const load = kept(new Child('./load.mjs'));
  await load.next();

  const meter = new Meter(load, targets);
  await measure(rows, meter, settings, say);
  if (plan.embedded)
    facts.push({ name: 'memory after the load', value: memoryOf(targets.main.pid)?.rssMb, unit: 'MB' });
  if (plan.enqueue) facts.push({ name: ENQUEUE, value: enqueueUs, unit: 'µs' });
  const lines = rows.flatMap((row) =>
    settings.forms.flatMap((stream) => settings.concurrencies.map((n) => summarise(row, stream, n, meter.rounds))),
  );
  const loadCpuUs = median(lines.map((line) => line.loadCpuUs));
  return { machine, settings, lines, facts, loadCpuUs, aims: aims({ lines, facts }) };
}

/** Floors and gateway take turns within every round, so that what else the machine does hits both. */
async function measure(rows, meter, settings, say) {
  for (const stream of settings.forms) {
    for (const row of rows) {
      await meter.run(row, { stream, concurrency: 16, durationMs: settings.warmUpMs, keep: false });
    }
  }
  for (const stream of settings.forms) {
    for (const concurrency of settings.concurrencies) {
      say(`${stream ? 'SSE' : 'JSON'}, ${concurrency} at a time`);
      for (let round = 0; round < settings.rounds; round++) {
        for (const row of rows) {
          await meter.run(row, { stream, concurrency, durationMs: settings.durationMs, keep: true });
        }
      }
    }
  }
}

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
