// Run by the tests as a process of its own: `node child.mjs <what> <dir> [options as JSON]`.
import { openNearestIndex } from '../dist/index.js';
import { changeAt, DIMENSIONS, HISTORY, vectorOf } from './history.mjs';

const [, , what, dir, options = '{}'] = process.argv;
const workers = [];
process.on('worker', (worker) => workers.push(worker));
const restarts = [];
const onRestart = what === 'comeBack' ? (position) => restarts.push(position) : undefined;
const index = await openNearestIndex({ dir, dimensions: DIMENSIONS, flatMax: 20, onRestart, ...JSON.parse(options) });

async function follow() {
  let seq = await index.position();
  for (;;) {
    const changes = [];
    for (let i = 0; i < 7; i++) changes.push(changeAt(++seq));
    await index.apply(changes, seq);
    const { partition, fingerprint, vector } = changeAt(seq % 5 === 0 ? seq + 1 : seq);
    await index.nearest({ partition, fingerprint, vector, k: 1 });
    process.stdout.write(`${await index.snapshot()}\n`);
  }
}

async function exitInTheMiddle() {
  await index.apply(
    HISTORY.map((seq) => changeAt(seq)),
    HISTORY.length,
  );
  const removed = HISTORY.slice(0, 120).map((seq) => ({ kind: 'remove', id: changeAt(seq).id }));
  index.apply(removed, HISTORY.length + 1);
  setTimeout(() => process.exit(3), Math.random() * 20);
}

// Under a limit on the size of files, which stands in for a full disk.
async function fillUp() {
  process.on('SIGXFSZ', () => undefined);
  const adds = Array.from({ length: 600 }, (_, i) => ({ ...changeAt(1), id: `id-${i}`, vector: vectorOf(i) }));
  await index.apply(adds.slice(0, 60), 1);
  const first = await index.snapshot();
  await index.apply(adds, 2);
  while (!(await index.stats()).settled);
  const second = await index.snapshot().catch((error) => error.message);
  process.stdout.write(JSON.stringify([first, second]));
  await index.close();
}

async function die() {
  const { partition, fingerprint, vector } = changeAt(1);
  const said = [];
  const note = (error) => said.push(error.message);
  const waiting = index
    .apply(
      HISTORY.map((seq) => changeAt(seq)),
      1,
    )
    .catch(note);
  workers[0].postMessage([{ call: 1, request: null }]);
  await waiting;
  await index.nearest({ partition, fingerprint, vector, k: 1 }).catch(note);
  await index.close();
  process.stdout.write(JSON.stringify(said));
}

// Killed twice; between, the log is replayed from where the snapshot stands.
async function comeBack() {
  const { partition, fingerprint, vector } = changeAt(1);
  const search = () => index.nearest({ partition, fingerprint, vector, k: 1 });
  const said = [];
  await index.apply([changeAt(1)], 1);
  await index.snapshot();
  for (const round of [1, 2]) {
    await index.apply([changeAt(2)], 2);
    const waiting = index
      .apply(
        HISTORY.map((seq) => changeAt(seq)),
        HISTORY.length,
      )
      .catch((error) => said.push(error.message));
    workers.at(-1).postMessage([{ call: 1, request: null }]);
    await waiting;
    await search().catch((error) => said.push(error.message));
    await index.apply([], 9).catch((error) => said.push(error.message));
    while (restarts.length < round) await new Promise((resolve) => setTimeout(resolve, 5));
    said.push(await index.position(), await index.ids(), (await search()).length);
  }
  await index.apply(
    HISTORY.map((seq) => changeAt(seq)),
    HISTORY.length,
  );
  said.push((await index.ids()).length, restarts, workers.length);
  workers.at(-1).postMessage([{ call: 1, request: null }]);
  // While it is away.
  while (await search().catch(() => false));
  await index.close();
  process.stdout.write(JSON.stringify(said));
}

await { follow, comeBack, exitInTheMiddle, fillUp, die }[what]();
