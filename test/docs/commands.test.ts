import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ChildGateway } from '../support/child-gateway.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a page tells to run and this test does not, and who does. */
const ELSEWHERE: readonly [RegExp, string][] = [
  [/^(?:[A-Z_]+=\S+ )*npm start$/, 'scripts/run.mjs; the gateway runs while the page is read'],
  [/^npm test$/, 'this very run'],
  [/^docker compose /, 'test/compose/run.sh'],
  [/^npx pnpm@\S+ (?:check|drill|bench)\b/, 'CI, or minutes long'],
];

/** Of the shell blocks, in their order; continued lines and here-documents are one command. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => {
    const commands: string[] = [];
    let open = '';
    for (const line of block.split('\n')) {
      if (open === '' && line.trim() === '') continue;
      open += open === '' ? line : `\n${line}`;
      const [, tag] = /<<'(\w+)'/.exec(open) ?? [];
      if (line.endsWith('\\') || (tag !== undefined && line !== tag)) continue;
      commands.push(open.replace(/\s+#\s.*$/, ''));
      open = '';
    }
    return commands;
  });
}

const isElsewhere = (command: string) => ELSEWHERE.some(([pattern]) => pattern.test(command));

let dir: string;
let gateway: ChildGateway;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nearhit-page-'));
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** As a reader would, in one shell and one folder; the first command that fails ends it. */
function run(commands: readonly string[], url: string): Promise<{ code: number | null; output: string }> {
  const here = commands.map((command) =>
    command
      .replaceAll('localhost:8080', url.replace('http://', ''))
      .replaceAll('npx pnpm nearhit', `node ${join(root, 'dist/nearhit.js')}`)
      .replaceAll('node examples/', `node ${join(root, 'examples/')}`)
      // A refusal of the gateway is a failure of the page.
      .replace(/^curl /, 'curl --silent --show-error --fail-with-body '),
  );
  const script = ['set -euo pipefail', ...here.map((command) => `echo '>>>'\n${command}`)].join('\n');
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NEARHIT_URL: url };
  const shell = spawn('bash', ['-c', script], { cwd: dir, env });
  let output = '';
  shell.stdout.on('data', (piece) => (output += piece));
  shell.stderr.on('data', (piece) => (output += piece));
  return new Promise((resolve) => shell.on('close', (code) => resolve({ code, output })));
}

describe.each(['README.md', 'docs/quick-start.md', 'examples/rag/README.md'])('every command of %s', (page) => {
  beforeAll(async () => {
    gateway = await ChildGateway.start({ cwd: dir, env: { NEARHIT_ADMIN_TOKEN: '' } });
  }, 60_000);
  afterAll(async () => {
    gateway.signal('SIGTERM');
    await gateway.ended;
  });

  test('works', async () => {
    const commands = commandsOf(page).filter((command) => !isElsewhere(command));
    expect(commands.length).toBeGreaterThan(2);
    const { code, output } = await run(commands, gateway.url);
    expect([code, code === 0 ? '' : output.slice(-2000)]).toEqual([0, '']);
    expect(output.split('>>>')).toHaveLength(commands.length + 1);
  });
});
