import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { factsOf, GUARDS, isSameText, Lexicon } from '@nearhit/core';
import { RULES } from './rewrites.mjs';
import { readRows, textsOf } from './rows.mjs';
import { vocabulary } from './vocabulary.mjs';

// Makes pairs by rule from the questions of pair files: near misses that no guard stops, and rewrites that change nothing.
//   node generate.mjs --lexicon lexicon.bin --out generated.jsonl [--seed 1] [--per-rule 500] FILE.jsonl ...

const { values, positionals } = parseArgs({
  options: {
    lexicon: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '1' },
    'per-rule': { type: 'string', default: '500' },
  },
  allowPositionals: true,
});

/** mulberry32 */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const random = randomOf(Number(values.seed));
const lexicon = new Lexicon(readFileSync(values.lexicon));
const questions = [...new Set(positionals.flatMap(readRows).flatMap(textsOf))].filter(
  (text) => text.length > 15 && text.length < 160,
);
for (let i = questions.length - 1; i > 0; i--) {
  const j = Math.floor(random() * (i + 1));
  [questions[i], questions[j]] = [questions[j], questions[i]];
}
const tools = {
  random,
  lexicon,
  words: vocabulary(),
  pick: (list) => list[Math.floor(random() * list.length)],
  questions,
};
const guards = GUARDS.filter(({ level }) => level === 'standard');
const most = Number(values['per-rule']);
const out = [];
for (const [kind, equivalent, rewrite] of RULES) {
  let [made, tried] = [0, 0];
  for (const a of questions) {
    if (made >= most || tried > 40 * most) break;
    tried++;
    const facts = factsOf(a);
    const b = rewrite(a, facts, tools);
    if (b === undefined || b === a) continue;
    const other = factsOf(b);
    if (isSameText(facts, other) || guards.some((guard) => guard.differs(facts, other) !== undefined)) continue;
    out.push({ a, b, equivalent, kind, source: 'generated' });
    made++;
  }
  console.log(`${kind}: ${made}`);
}
writeFileSync(values.out, `${out.map((row) => JSON.stringify(row)).join('\n')}\n`);
