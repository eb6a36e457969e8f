import { readFileSync } from 'node:fs';
import { factsOf, GUARDS, isSameText } from '@nearhit/core';
import { openVectors } from './train/vectors.mjs';
import { openVerifier } from './verifier.mjs';
const v = openVectors('/tmp/w/vectors'); const std = GUARDS.filter((x) => x.level === 'standard');
const { verifier, close } = await openVerifier();
const rows = [];
const dice = (x, y) => { const c = new Map(); for (const t of x.tokens) c.set(t.key, (c.get(t.key) ?? 0) + 1); let k = 0; for (const t of y.tokens) { const n = c.get(t.key) ?? 0; if (n > 0) { k++; c.set(t.key, n - 1); } } return (2 * k) / (x.tokens.length + y.tokens.length); };
for (const f of process.argv.slice(2)) for (const l of readFileSync(f, 'utf8').split('\n')) { if (!l) continue; const { a, b, equivalent } = JSON.parse(l); if (equivalent === undefined) continue; const sim = v.cosine(a, b); if (!(sim >= 0.7)) continue; const [x, y] = [factsOf(a), factsOf(b)]; if (x.language === 'vi' || y.language === 'vi' || isSameText(x, y)) continue; const hit = std.map((g) => [g.name, g.differs(x, y)]).filter(([, d]) => d !== undefined); if (hit.length !== 1 || hit[0][0] !== 'order' || !hit[0][1].includes(' > ')) continue; const p = (await verifier.verify([{ a, b, similarity: sim }]))[0].probability; if (p >= 0.75) rows.push({ f: f.split('/').pop(), e: equivalent, d: dice(x, y), a, b, p }); }
for (const lo of [0, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]) { const hi = { 0: 0.4, 0.4: 0.5, 0.5: 0.6, 0.6: 0.65, 0.65: 0.7, 0.7: 0.75, 0.75: 0.8, 0.8: 0.85, 0.85: 0.9, 0.9: 0.95, 0.95: 2 }[lo]; const m = rows.filter((r) => r.d >= lo && r.d < hi); console.log(lo, 'diff', m.filter((r) => !r.e).length, 'same', m.filter((r) => r.e).length); }
for (const r of rows.filter((r) => !r.e && r.d < 0.8).sort((p, q) => p.d - q.d)) console.log(r.d.toFixed(2), r.p.toFixed(2), r.f, r.a, '|', r.b);
await close();
