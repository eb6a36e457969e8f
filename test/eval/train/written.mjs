import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readRows, setOf } from './rows.mjs';
import { openVectors } from './vectors.mjs';

// Pairs out of what was written for this project (../written/README.md):
//   node written.mjs [--cache DIR] --out written_NAME.jsonl FILE.jsonl ...
// Groups `{q, same, other}`: what `q` and `same` ask has one answer, which is wrong for each of `other`.
// Questions `{cluster, topic, q}`: those of one cluster are the same; of two clusters of a topic the near ones are pairs, too, for which
// the vectors must be there (embed.mjs reads the same texts out of what is put together without --cache).
// Pairs `{a, b, equivalent, kind}` as they are.

const NEAR = 0.65;

const { values, positionals } = parseArgs({
  options: { cache: { type: 'string' }, out: { type: 'string' } },
  allowPositionals: true,
});
const vectors = values.cache && openVectors(values.cache);

function pairsOfGroup({ q, same, other }, cluster) {
  const right = [q, ...same];
  return right.flatMap((a, i) => [
    ...right.slice(i + 1).map((b) => ({ a, b, equivalent: true, cluster })),
    ...other.map((b) => ({ a, b, equivalent: false, cluster })),
  ]);
}

function pairsOfQuestions(rows, name) {
  const pairs = [];
  for (const [i, { q: a, cluster, topic }] of rows.entries()) {
    for (const other of rows.slice(i + 1).filter((row) => row.topic === topic)) {
      const equivalent = other.cluster === cluster;
      if (!equivalent && !(vectors && vectors.cosine(a, other.q) >= NEAR)) continue;
      // Clusters that are near one another must not be parted by a split: the topic is the group.
      pairs.push({ a, b: other.q, equivalent, kind: topic, cluster: `${name}-${topic}` });
    }
  }
  return pairs;
}

const pairs = positionals.flatMap((file) => {
  const [rows, name] = [readRows(file), setOf(file)];
  if (rows[0]?.topic !== undefined) return pairsOfQuestions(rows, name);
  return rows.flatMap((row, at) => (row.other === undefined ? [row] : pairsOfGroup(row, `${name}-${at}`)));
});
writeFileSync(values.out, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
console.log(`${pairs.length} pairs, ${pairs.filter(({ equivalent }) => equivalent).length} of the same`);
