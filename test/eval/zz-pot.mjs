// guards' lone vetoes and what the verifier would do: node zz-pot.mjs FILES  (pairs)
import { readFileSync } from 'node:fs';
import { factsOf, GUARDS, isSameText } from '@nearhit/core';
import { openVectors } from './train/vectors.mjs';
import { openVerifier } from './verifier.mjs';
const v = openVectors('/tmp/w/vectors'); const std = GUARDS.filter((x) => x.level === 'standard');
const { verifier, close } = await openVerifier(); const st = {}; const ex = {};
for (const f of process.argv.slice(2)) for (const l of readFileSync(f, 'utf8').split('\n')) { if (!l) continue; const { a, b, equivalent } = JSON.parse(l); const sim = v.cosine(a, b); if (!(sim >= 0.7)) continue; const [x, y] = [factsOf(a), factsOf(b)]; if (isSameText(x, y)) continue; const hit = std.map((g) => [g.name, g.differs(x, y)]).filter(([, d]) => d !== undefined); if (hit.length !== 1) continue; const [n, d] = hit[0]; const p = (await verifier.verify([{ a, b, similarity: sim }]))[0].probability; const s = (st[n] ??= { diff: [0, 0], same: [0, 0] })[equivalent ? 'same' : 'diff']; s[0]++; if (p >= 0.75) { s[1]++; (ex[n] ??= []).push(`${equivalent ? 'same' : 'DIFF'} ${p.toFixed(2)} ${d} :: ${a} | ${b}`); } }
console.log('guard alone: would be served / vetoed  diff  same'); for (const [n, { diff, same }] of Object.entries(st).sort((p, q) => q[1].same[1] - p[1].same[1])) console.log(n.padEnd(12), `${diff[1]}/${diff[0]}`.padEnd(10), `${same[1]}/${same[0]}`);
for (const n of (process.env.G ?? '').split(',').filter(Boolean)) { console.log('==', n); for (const e of (ex[n] ?? []).sort().slice(0, +process.env.N || 60)) console.log('  ', e.slice(0, 230)); }
await close();
