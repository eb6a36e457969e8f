import { parseArgs } from 'node:util';
import { factsOf, GUARDS, isSameText } from '@nearhit/core';
import { readRows, setOf } from './train/rows.mjs';
import { openVectors } from './train/vectors.mjs';
import { openVerifier, probabilityOf } from './verifier.mjs';

// What each guard is worth beside the verifier: pairs that it alone refuses and that would be served without it, as a Markdown
// table: percentage points of right hits it costs / of wrong hits it stops. The vectors must have been embedded before.
//   node ablate.mjs --cache DIR FILE.jsonl ...

const { values: options, positionals } = parseArgs({
  options: { cache: { type: 'string' }, floor: { type: 'string', default: '0.7' } },
  allowPositionals: true,
});
const vectors = openVectors(options.cache);
const { verifier, close } = await openVerifier();
const standard = GUARDS.filter(({ level }) => level === 'standard');

/** The guards that refuse a pair which the floor and the verifier would let pass. */
async function refusals({ a, b }) {
  const similarity = vectors.cosine(a, b);
  const [x, y] = [factsOf(a), factsOf(b)];
  if (isSameText(x, y) || !(similarity >= Number(options.floor))) return [];
  const names = standard.filter((guard) => guard.differs(x, y) !== undefined).map(({ name }) => name);
  if (names.length === 0) return [];
  return (await probabilityOf(verifier, { a, b, similarity })) >= verifier.bar ? names : [];
}

const empty = () => ({ right: 0, wrong: 0 });

async function measure(file) {
  const rows = readRows(file).filter(({ disputable }) => disputable !== true);
  const sole = new Map(standard.map(({ name }) => [name, empty()]));
  const any = empty();
  const all = empty();
  for (const row of rows) {
    const side = row.equivalent ? 'right' : 'wrong';
    all[side]++;
    const names = await refusals(row);
    if (names.length > 0) any[side]++;
    if (names.length === 1) sole.get(names[0])[side]++;
  }
  return { name: setOf(file), sole, any, all };
}

const points = (count, of) => (of === 0 ? '-' : ((100 * count) / of).toFixed(1));
const cell = ({ right, wrong }, { all }) =>
  right + wrong === 0 ? '' : `${points(right, all.right)} / ${points(wrong, all.wrong)}`;

const files = [];
for (const file of positionals) files.push(await measure(file));
await close();
const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
line(['guard', ...files.map(({ name }) => name)]);
console.log(`|---|${files.map(() => '---').join('|')}|`);
for (const { name } of standard) {
  const cells = files.map((file) => cell(file.sole.get(name), file));
  if (cells.some((text) => text !== '')) line([name, ...cells]);
}
line(['**all together**', ...files.map((file) => cell(file.any, file))]);
