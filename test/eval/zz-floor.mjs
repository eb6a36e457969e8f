import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { factsOf, GUARDS, isSameText } from '@nearhit/core';
import { openEmbedder } from '@nearhit/embedding';
import { openVerifier } from './verifier.mjs';
const [bar0, ...files] = process.argv.slice(2);
const { verifier, close } = await openVerifier();
const embedder = await openEmbedder();
const bar = bar0 === '-' ? verifier.bar ?? 0.75 : Number(bar0);
console.log('bar', bar);
const guards = GUARDS.filter(({ level }) => level === 'standard');
const vec = new Map();
async function embed(texts) { const m = [...new Set(texts)].filter((t) => !vec.has(t)); for (let i = 0; i < m.length; i += 256) { const f = await embedder.embed(m.slice(i, i + 256)); f.forEach(({ vector }, j) => vec.set(m[i + j], vector)); } }
const dot = (a, b) => vec.get(a).reduce((s, v, i) => s + v * vec.get(b)[i], 0);
for (const file of files) {
  const name = basename(file, '.jsonl');
  let rows = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
  for (const r of rows) if (r.equivalent !== undefined) r.same = r.equivalent ? 1 : 0;
  if (rows[0].q !== undefined) { const out = []; for (let i = 0; i < rows.length; i++) for (let j = 0; j < i; j++) out.push({ a: rows[j].q, b: rows[i].q, same: rows[i].cluster === rows[j].cluster ? 1 : 0, kind: rows[i].cluster + '/' + rows[j].cluster }); rows.length && (await embed(rows.map((r) => r.q))); rows = out.filter((r) => dot(r.a, r.b) >= (+process.env.FLOOR || 0.7) || r.same); }
  await embed(rows.flatMap((r) => [r.a, r.b]));
  const stat = {}; const lines = [];
  for (const r of rows) {
    const [x, y] = [factsOf(r.a), factsOf(r.b)];
    const sim = dot(r.a, r.b);
    let why, p;
    if (isSameText(x, y)) why = 'SERVE same-text';
    else if (!(sim >= (+process.env.FLOOR || 0.7))) why = 'floor';
    else { let g; for (const guard of guards) { const d = guard.differs(x, y); if (d !== undefined) { g = `guard:${guard.name}`; r.d = d; break; } }
      if (g) why = g; else { p = (await verifier.verify([{ a: r.a, b: r.b, similarity: sim }]))[0].probability; why = p >= bar ? 'SERVE' : 'verifier'; } }
    const k = r.same ? 'same' : 'diff';
    ((stat[k] ??= {})[why] = (stat[k][why] ?? 0) + 1);
    lines.push({ ...r, sim, p, why });
  }
  for (const k of ['same', 'diff']) { const n = lines.filter((l) => (l.same ? 'same' : 'diff') === k).length; const s = lines.filter((l) => (l.same ? 'same' : 'diff') === k && l.why.startsWith('SERVE')).length;
    const c = lines.filter((l) => (l.same ? 'same' : 'diff') === k && l.sim >= 0.9).length; console.log(name, k, n, 'served', s, (100 * s / n).toFixed(1) + '%', 'cosine.90', (100 * c / n).toFixed(1) + '%', JSON.stringify(stat[k])); }
  if (process.env.SHOW?.includes('w')) for (const l of lines.filter((l) => !l.same && l.why.startsWith('SERVE'))) console.log('  WRONG', (l.p ?? 1).toFixed(2), l.sim.toFixed(2), `[${l.kind}]`, l.a, '|', l.b);
  if (process.env.SHOW?.includes('m')) for (const l of lines.filter((l) => l.same && !l.why.startsWith('SERVE'))) console.log('  MISS', l.why, (l.p ?? 0).toFixed(2), l.sim.toFixed(2), `[${l.kind}]`, l.d ?? '', '::', l.a, '|', l.b);
}
await close(); await embedder.close();
