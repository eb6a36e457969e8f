import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { factsOf, GUARDS, isSameText, Lexicon, PAIR_FEATURES, pairFeaturesOf } from '@nearhit/core';
import { readRows, setOf } from './rows.mjs';
import { openVectors } from './vectors.mjs';

// Runs the gateway's own feature code over pair files: what is learned from is what is served with.
//   node features.mjs --cache DIR --lexicon lexicon.bin --out DIR FILE.jsonl ...
// Writes per file: SET.features.f64 [rows, features], SET.rows.jsonl {a, b, equivalent, kind, same, stopped...}, and names.json.

const { values, positionals } = parseArgs({
  options: { cache: { type: 'string' }, lexicon: { type: 'string' }, out: { type: 'string' } },
  allowPositionals: true,
});
/** Guards that are no feature. */
const unweighed = GUARDS.filter(
  ({ name, level }) => level === 'standard' && !PAIR_FEATURES.some((feature) => feature.name === `guard:${name}`),
);

const lexicon = new Lexicon(readFileSync(values.lexicon));
const vectors = openVectors(values.cache);
writeFileSync(join(values.out, 'names.json'), JSON.stringify(PAIR_FEATURES));

for (const file of positionals) {
  const name = setOf(file);
  const started = performance.now();
  const [numbers, rows] = [
    openSync(join(values.out, `${name}.features.f64`), 'w'),
    openSync(join(values.out, `${name}.rows.jsonl`), 'w'),
  ];
  let pairs = 0;
  for (const row of readRows(file)) {
    const { a, b, equivalent, kind = '', cluster = '', clusters, source = '', disputable = false } = row;
    if (equivalent === undefined) continue;
    const [x, y] = [factsOf(a), factsOf(b)];
    const similarity = vectors.cosine(a, b);
    writeSync(numbers, new Uint8Array(pairFeaturesOf(x, y, similarity, lexicon).buffer));
    const same = isSameText(x, y);
    const stopped = unweighed.some((guard) => guard.differs(x, y) !== undefined);
    writeSync(
      rows,
      `${JSON.stringify({ a, b, equivalent, kind, cluster, clusters, source, disputable, same, stopped, long: Math.max(x.tokens.length, y.tokens.length) })}\n`,
    );
    pairs++;
  }
  closeSync(numbers);
  closeSync(rows);
  console.log(`${name}: ${pairs} pairs, ${((performance.now() - started) / Math.max(1, pairs)).toFixed(3)} ms a pair`);
}
