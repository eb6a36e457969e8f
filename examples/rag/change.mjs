#!/usr/bin/env node
// What happens to answers when a document changes: those that rest on it are dropped, all others stay.
//   NEARHIT_ADMIN_TOKEN=$(cat .nearhit/admin-token) node examples/rag/change.mjs
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rag } from './rag.mjs';

const {
  NEARHIT_URL: url = 'http://localhost:8080',
  NEARHIT_API_KEY: apiKey,
  NEARHIT_ADMIN_TOKEN: token,
  MODEL,
} = process.env;
if (!token) {
  console.error('Set NEARHIT_ADMIN_TOKEN: it stands in .nearhit/admin-token.');
  process.exit(2);
}
const NAMESPACE = `rag-example-${process.pid}`;
const QUESTIONS = [
  'How long is the warranty of a kettle?',
  'Within how many days can I return unused goods?',
  'How much does express delivery cost?',
];
const REWORDED = 'For how long is the warranty of a kettle?';

async function admin(path, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const reply = await fetch(`${url}/admin/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(`${path}: ${answer.error?.message ?? reply.status}`);
  return answer;
}

async function askAll(rag, questions) {
  for (const question of questions) {
    const { documents, cache, layer, reason } = await rag.ask(question);
    const how = [cache, layer, reason].filter(Boolean).join(', ');
    console.log(`  ${question.padEnd(50)} ${how.padEnd(22)} ${documents.join(', ')}`);
  }
  await admin('/flush', {});
}

const folder = mkdtempSync(join(tmpdir(), 'nearhit-rag-'));
try {
  cpSync(fileURLToPath(new URL('documents', import.meta.url)), folder, { recursive: true });
  const rag = new Rag({ url, apiKey, model: MODEL, folder, namespace: NAMESPACE });
  await rag.index();
  console.log('asked for the first time');
  await askAll(rag, QUESTIONS);
  console.log('asked again, one of them in other words');
  await askAll(rag, [...QUESTIONS, REWORDED]);

  const file = join(folder, 'warranty.md');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('version: 3', 'version: 4').replace('two years', 'five years'),
  );
  const { warranty } = await rag.index();
  const stale = { namespace: NAMESPACE, context: { id: 'warranty', versionBelow: warranty } };
  const would = await admin('/invalidate', stale);
  const did = await admin('/invalidate', { ...stale, dryRun: false });
  console.log(
    `warranty.md is now version ${warranty}: ${would.matched} answer(s) would be dropped, ${did.deleted} dropped`,
  );
  console.log('asked after the change');
  await askAll(rag, QUESTIONS);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
