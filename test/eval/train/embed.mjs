import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedder } from '@nearhit/embedding';
import { readRows, textsOf } from './rows.mjs';
import { vocabulary } from './vocabulary.mjs';

// Embeds every text of the files once, with the gateway's own embedder, and keeps the vectors on disk. May be stopped and started again.
//   node embed.mjs --cache DIR [--vocabulary] FILE.jsonl ...

const CHUNK = 256;

const { values, positionals } = parseArgs({
  options: { cache: { type: 'string' }, vocabulary: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.cache === undefined) throw new Error('--cache DIR is missing');
mkdirSync(values.cache, { recursive: true });
const [textsFile, vectorsFile] = [join(values.cache, 'texts.jsonl'), join(values.cache, 'vectors.f32')];

const known = new Set(
  existsSync(textsFile) ? readFileSync(textsFile, 'utf8').split('\n').filter(Boolean).map(JSON.parse) : [],
);
const embedder = await openEmbedder();
const bytes = embedder.model.dimensions * 4;
// The texts are written last: vectors without one are what a stopped run left.
if (existsSync(vectorsFile)) truncateSync(vectorsFile, known.size * bytes);

const wanted = new Set();
if (values.vocabulary) for (const word of vocabulary()) wanted.add(word);
for (const file of positionals) for (const row of readRows(file)) for (const text of textsOf(row)) wanted.add(text);
const missing = [...wanted].filter((text) => !known.has(text));
for (let at = 0; at < missing.length; at += CHUNK) {
  const texts = missing.slice(at, at + CHUNK);
  const found = await embedder.embed(texts);
  appendFileSync(vectorsFile, Buffer.concat(found.map(({ vector }) => Buffer.from(vector.buffer))));
  appendFileSync(textsFile, `${texts.map((text) => JSON.stringify(text)).join('\n')}\n`);
  if ((at / CHUNK) % 20 === 0) console.log(`${at + texts.length}/${missing.length}`);
}
await embedder.close();
