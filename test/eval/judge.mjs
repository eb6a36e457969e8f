import { parseArgs } from 'node:util';
import { factsOf, GUARDS, isSameText } from '@nearhit/core';
import { readRows, setOf } from './train/rows.mjs';
import { openVectors } from './train/vectors.mjs';
import { openVerifier, probabilityOf } from './verifier.mjs';

// What guards and verifier do with pair and stream files, offline: right hits and wrong hits, per file and kind.
//   node judge.mjs --cache DIR [--bar 0.8 ...] [--floor 0.7] [--soft GUARD ...] [--kinds] [--wrong 20] FILE.jsonl ...
// The vectors must have been embedded before (train/embed.mjs).

const { values: options, positionals } = parseArgs({
  options: {
    cache: { type: 'string' },
    bar: { type: 'string', multiple: true, default: ['0.7', '0.75', '0.8', '0.85', '0.9'] },
    floor: { type: 'string', default: '0.7' },
    soft: { type: 'string', multiple: true, default: [] },
    kinds: { type: 'boolean', default: false },
    wrong: { type: 'string', default: '0' },
  },
  allowPositionals: true,
});
const bars = options.bar.map(Number);
const floor = Number(options.floor);
const guards = GUARDS.filter(({ name, level }) => level === 'standard' && !options.soft.includes(name));
const { verifier, close } = await openVerifier();
const vectors = openVectors(options.cache);

/** 0 where the floor or a guard refuses. */
async function judge(a, b, similarity = vectors.cosine(a, b)) {
  const [x, y] = [factsOf(a), factsOf(b)];
  if (isSameText(x, y)) return 1;
  if (!(similarity >= floor) || guards.some((guard) => guard.differs(x, y) !== undefined)) return 0;
  return probabilityOf(verifier, { a, b, similarity });
}

const share = (hits, rows) => (rows === 0 ? '  -  ' : `${((100 * hits) / rows).toFixed(1)}`.padStart(5));

function line(name, judged) {
  const [same, other] = [judged.filter(({ equivalent }) => equivalent), judged.filter(({ equivalent }) => !equivalent)];
  const hits = (rows, bar) => rows.filter(({ p }) => p >= bar).length;
  const cells = bars.map((bar) => `${share(hits(same, bar), same.length)} /${share(hits(other, bar), other.length)}`);
  const plain = (rows) => share(rows.filter(({ similarity }) => similarity >= 0.9).length, rows.length);
  console.log(
    `${name.padEnd(44)} ${String(same.length).padStart(5)} ${String(other.length).padStart(5)} | ${plain(same)} /${plain(other)} | ${cells.join(' | ')}`,
  );
}

async function pairs(file, rows) {
  const judged = [];
  for (const row of rows.filter(({ disputable }) => disputable !== true)) {
    const similarity = vectors.cosine(row.a, row.b);
    judged.push({ ...row, similarity, p: await judge(row.a, row.b, similarity) });
  }
  line(setOf(file), judged);
  if (options.kinds) {
    const kinds = Map.groupBy?.(judged, ({ kind }) => kind ?? '') ?? grouped(judged);
    if (kinds.size > 1) for (const [kind, part] of [...kinds].sort()) line(`    ${kind}`, part);
  }
  const wrong = judged.filter(({ equivalent, p }) => !equivalent && p >= (bars[0] ?? 1));
  for (const { a, b, p } of wrong.slice(0, Number(options.wrong))) console.log(`      ${p.toFixed(3)}  ${a} | ${b}`);
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.kind ?? '', [...(groups.get(row.kind ?? '') ?? []), row]);
  return groups;
}

/** The stream asked in order, everything stored before as candidate: the five nearest, nearest first. */
async function stream(file, rows, bar) {
  const stored = new Map();
  const [asked, groups] = [new Set(), new Set()];
  const counts = { right: 0, wrong: 0, repeats: 0, exact: 0 };
  for (const { prompt, group } of rows) {
    const isExact = asked.has(prompt);
    if (isExact) counts.exact++;
    else if (groups.has(group)) counts.repeats++;
    const hit = stored.has(prompt) ? { text: prompt } : await nearestServed(stored, prompt, bar);
    if (hit === undefined) stored.set(prompt, group);
    else if (stored.get(hit.text) !== group) {
      counts.wrong++;
      if (counts.wrong <= Number(options.wrong)) console.log(`      ${hit.p?.toFixed(3)}  ${hit.text} | ${prompt}`);
    } else if (!isExact) counts.right++;
    asked.add(prompt);
    groups.add(group);
  }
  const { right, wrong, repeats, exact } = counts;
  console.log(
    `${setOf(file)} at ${bar}: ${rows.length} requests, ${exact} word for word; by meaning ${share(right, repeats)} % of ${repeats}; wrong ${((100 * wrong) / rows.length).toFixed(2)} % of all`,
  );
}

async function nearestServed(stored, prompt, bar) {
  const near = [...stored.keys()]
    .map((text) => ({ text, similarity: vectors.cosine(text, prompt) }))
    .filter(({ similarity }) => similarity >= floor)
    .sort((x, y) => y.similarity - x.similarity)
    .slice(0, 5);
  for (const { text, similarity } of near) {
    const p = await judge(text, prompt, similarity);
    if (p >= bar) return { text, p };
  }
  return undefined;
}

console.log(
  `${'file'.padEnd(44)} right wrong | cosine 0.9   | ${bars.map((bar) => `P >= ${bar}`.padEnd(12)).join(' | ')}`,
);
for (const file of positionals) {
  const rows = readRows(file);
  if (rows[0]?.group !== undefined && rows[0]?.a === undefined) {
    for (const bar of bars) await stream(file, rows, bar);
  } else await pairs(file, rows);
}
await close();
