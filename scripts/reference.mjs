#!/usr/bin/env node
// The pages of docs/reference, made from what requests and nearhit.yaml are checked with. Build first.
//
//   node scripts/reference.mjs            writes them
//   node scripts/reference.mjs --check    exit code 1 when they are not as they would be written
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../packages/config/dist/index.js';
import { POLICY_DEFAULTS } from '../packages/core/dist/index.js';
import { nearhit } from '../services/standalone/dist/index.js';
import { adminApiPage, configurationPage } from './reference/pages.mjs';

const folder = fileURLToPath(new URL('../docs/reference', import.meta.url));

/** As a gateway gives it out. */
async function openApi() {
  const dataDir = mkdtempSync(join(tmpdir(), 'nearhit-reference-'));
  const gateway = nearhit({ config: { server: { webhookSecret: 'x'.repeat(16) } }, dataDir, env: {}, log: false });
  const server = createServer((req, res) => gateway.admin(req, res, () => res.writeHead(404).end()));
  try {
    await gateway.ready;
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const reply = await fetch(`http://127.0.0.1:${server.address().port}/openapi.json`);
    return await reply.json();
  } finally {
    server.close();
    server.closeAllConnections();
    await gateway.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const schema = configJsonSchema();
const files = {
  'nearhit.schema.json': `${JSON.stringify(schema, null, 2)}\n`,
  'configuration.md': configurationPage(schema, POLICY_DEFAULTS),
  'admin-api.md': adminApiPage(await openApi()),
};
if (process.argv.includes('--check')) {
  const stale = Object.entries(files).filter(([name, text]) => {
    try {
      return readFileSync(join(folder, name), 'utf8') !== text;
    } catch {
      return true;
    }
  });
  if (stale.length > 0) {
    console.error(
      `docs/reference: ${stale.map(([name]) => name).join(', ')} would be written anew: run \`node scripts/reference.mjs\``,
    );
    process.exitCode = 1;
  }
} else for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
