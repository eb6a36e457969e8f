#!/usr/bin/env node
// `pnpm bench`: the gateway beside floors measured in the same run. docs/performance.md says how to read it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { askAll, createFolders, flush, openGateway } from './gateways.mjs';
import { Meter, median, summarise } from './measure.mjs';
import { Child, memoryOf } from './processes.mjs';
import { newQuestion, originals, paraphrases } from './questions.mjs';
import { aims, markdown } from './report.mjs';
import { rowsFor, STORED_COUNT } from './rows.mjs';

const USAGE = `pnpm bench [options]
  --quick            under a minute: short rounds, few entries
  --only a,b         rows: pass l1 l2 semantic memo miss (their floors come with them); start: start times and memory
  --duration MS      of one round (default 1000; quick 200)
  --rounds N         (default 3; quick 2)
  --concurrency 1,16 (default 1,16,64)
  --form json|sse    (default both)
  --entries N        in the index of the main gateway (default 20000; quick 2000)
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
    warmUpMs: quick ? 400 : 1000,
    entries: number('entries', quick ? 2000 : 20_000),
    /** Streamed or not. */
    forms: FORMS[values.form],
    concurrencies: values.concurrency.split(',').map(Number),
  };
}

/** Rows asked for, their floors with them. */
function chosen(rows, only) {
  if (only === undefined) return rows;
  const unknown = only.filter((id) => id !== 'start' && !rows.some((row) => row.id === id));
  if (unknown.length > 0) throw new Error(`--only: no row ${unknown.join(', ')}`);
  const wanted = new Set(only);
  for (const row of rows) if (wanted.has(row.id) && row.floor !== undefined) wanted.add(row.floor);
  return rows.filter(({ id }) => wanted.has(id));
}

async function main() {
  const settings = settingsFrom(process.argv.slice(2));
  if (settings.help) return console.log(USAGE);
  if (!existsSync(fileURLToPath(new URL('../../services/standalone/dist/main.js', import.meta.url)))) {
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
  const upstream = kept(await Child.listening('./upstream.mjs'));
  const start = (name, options) => openGateway({ dir: folders.dir(name), upstream, ...options });
  chosen(rowsFor([]), settings.only);
  const { main, facts, hits } = await openMain(settings, { start, folders, say });
  kept(main);

  const rows = chosen(rowsFor(hits), settings.only);
  const needs = (target) => rows.some((row) => row.target === target);
  const targets = { main };
  if (needs('floorPass')) targets.floorPass = kept(await Child.listening('./floors.mjs', ['pass', upstream.origin]));
  if (needs('floorLru')) targets.floorLru = kept(await openLruFloor(main));
  if (needs('small')) targets.small = kept(await openSmall(start, settings.nodeArgs));
  if (needs('writes')) targets.writes = kept(await start('writes', { nodeArgs: settings.nodeArgs }));
  const load = kept(new Child('./load.mjs'));
  await load.next();

  const meter = new Meter(load, targets);
  await measure(rows, meter, settings, say);
  facts.push({ name: 'memory after the load', value: memoryOf(main.pid)?.rssMb, unit: 'MB' });
  const lines = rows.flatMap((row) =>
    settings.forms.flatMap((stream) => settings.concurrencies.map((n) => summarise(row, stream, n, meter.rounds))),
  );
  const loadCpuUs = median(lines.map((line) => line.loadCpuUs));
  return { machine, settings, lines, facts, loadCpuUs, aims: aims({ lines, facts }) };
}

/** The main gateway, with entries; its start times on the way. `hits`: the paraphrases that it answers by meaning. */
async function openMain(settings, { start, folders, say }) {
  const facts = [];
  const fact = (name, value, unit) => facts.push({ name, value, unit });
  const { entries } = settings;
  say('starting on an empty folder');
  const empty = await start('main');
  fact('start, empty folder', empty.startMs, 'ms');
  fact('memory, empty', memoryOf(empty.pid)?.rssMb, 'MB');
  await askAll(empty, [...originals, ...Array.from({ length: FILL_PARENTS }, (_, n) => newQuestion(n))]);
  await flush(empty);
  await empty.close();

  say(`filling up to ${entries} entries`);
  const fill = new Child('./fill.mjs', [`${folders.dir('main')}/data`, String(entries)]);
  await new Promise((resolve, reject) => {
    fill.process.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`fill.mjs: exit code ${code}`))));
  });
  const indexing = await start('main');
  fact(`start, ${entries} entries to be indexed first`, indexing.startMs, 'ms');
  fact(`memory, ${entries} entries just indexed`, memoryOf(indexing.pid)?.rssMb, 'MB');
  await indexing.close();
  const main = await start('main', { nodeArgs: settings.nodeArgs });
  fact(`start, ${entries} entries`, main.startMs, 'ms');
  fact(`memory, ${entries} entries`, memoryOf(main.pid)?.rssMb, 'MB');

  const replies = await askAll(
    main,
    paraphrases.map(({ text }) => text),
    { onlyCached: true },
  );
  await flush(main);
  const hits = paraphrases.filter((_, i) => replies[i].layer === 'semantic');
  say(`${hits.length} of ${paraphrases.length} paraphrases hit by meaning`);
  return { main, facts, hits };
}

/** The floor answers with the very bytes that the gateway answers a hit with. */
async function openLruFloor(main) {
  const floor = await Child.listening('./floors.mjs', ['lru']);
  const [json] = await askAll(main, originals.slice(0, 1));
  const [stream] = await askAll(main, originals.slice(0, 1), { stream: true });
  floor.send({ json: json.body.toString('base64'), stream: stream.body.toString('base64') });
  await floor.next();
  return floor;
}

/** A first layer that nothing fits into: every exact hit comes from LMDB. */
async function openSmall(start, nodeArgs) {
  const small = await start('small', { l1Bytes: 1, nodeArgs });
  await askAll(
    small,
    Array.from({ length: STORED_COUNT }, (_, n) => newQuestion(n)),
  );
  await flush(small);
  return small;
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
