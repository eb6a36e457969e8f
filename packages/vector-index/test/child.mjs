// Run by the tests as a process of its own: `node child.mjs <what> <dir>`.
import { openNearestIndex } from '../dist/index.js';
import { changeAt, DIMENSIONS, HISTORY, vectorOf } from './history.mjs';

const [, , what, dir] = process.argv;
const workers = [];
process.on('worker', (worker) => workers.push(worker));
const index = await openNearestIndex({ dir, dimensions: DIMENSIONS, flatMax: 20 });

async function follow() {
  let seq = await index.position();
  for (;;) {
    const changes = [];
    for (let i = 0; i < 7; i++) changes.push(changeAt(++seq));
    await index.apply(changes, seq);
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

await { follow, exitInTheMiddle, fillUp, die }[what]();
