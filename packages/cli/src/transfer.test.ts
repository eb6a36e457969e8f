import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, listen, nearhit, temporaryFolder } from '../test/cli.ts';

afterEach(closeAll);

const LINES = '{"type":"entry","text":"a"}\n{"type":"entry","text":"b"}\n';

/** An admin plane that exports two lines, or breaks off after one, and refuses every line that says so. */
async function gateway({ breaks = false } = {}) {
  const asked: string[] = [];
  const url = await listen((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    if (req.url?.startsWith('/admin/v1/export')) {
      res.writeHead(200, { 'content-type': 'application/x-ndjson' });
      res.write(LINES.slice(0, 28));
      if (breaks) setImmediate(() => res.destroy());
      else res.end(LINES.slice(28));
    } else if (req.url?.startsWith('/admin/v1/import')) {
      const answer = { dryRun: req.url.includes('dryRun=true'), lines: 3, entries: 2, pairs: 0, refused: 1 };
      res.end(JSON.stringify({ ...answer, errors: [{ line: 2, error: "'model': expected string" }] }));
    } else res.writeHead(404).end('{}');
  });
  const cwd = temporaryFolder();
  const run = (...args: string[]) => nearhit([...args, '--url', url, '--token', 't'], { cwd });
  return { asked, cwd, run };
}

describe('export', () => {
  test('to stdout, or to a file, packed by its name', async () => {
    const { run, cwd, asked } = await gateway();
    const filters = ['--model', 'm', '--namespace', 'n', '--no-pairs', '--vectors'];
    expect(await run('export', ...filters)).toMatchObject({ code: 0, stdout: LINES });
    expect(asked).toEqual(['GET /admin/v1/export?namespace=n&model=m&pairs=false&vectors=true']);
    const { code, stdout } = await run('export', '--model', 'm', '--out', 'x.jsonl.gz', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { file: 'x.jsonl.gz', lines: 2, bytes: LINES.length }]);
    expect(gunzipSync(readFileSync(join(cwd, 'x.jsonl.gz'))).toString()).toBe(LINES);
    expect((await run('export', '--model', 'm', '--out', 'x.jsonl')).stdout).toBe('x.jsonl: 2 lines, 56 B.\n');
  });

  test('that breaks off leaves no file', async () => {
    const { run, cwd } = await gateway({ breaks: true });
    const { code, stderr } = await run('export', '--model', 'm', '--out', 'x.jsonl');
    expect([code, readdirSync(cwd)]).toEqual([1, []]);
    expect(stderr).toContain('broke off');
  });

  test('says what can not be', async () => {
    const { run } = await gateway();
    expect((await run('export', '--json')).code).toBe(2);
    const { code, stderr } = await run('export', '--model', 'm', '--out', 'absent/x.jsonl');
    expect([code, stderr]).toEqual([1, expect.stringContaining("absent/x.jsonl can't be written")]);
  });
});

describe('import', () => {
  test('sums the parts, counts lines over the file, and fails when one was refused', async () => {
    const { run, cwd, asked } = await gateway();
    writeFileSync(join(cwd, 'x.jsonl'), 'line\n'.repeat(600));
    const { code, stdout } = await run('import', 'x.jsonl', '--ttl', '60', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      lines: 6,
      entries: 4,
      refused: 2,
      errors: [{ line: 2 }, { line: 502 }],
    });
    expect(asked).toEqual(Array(2).fill('POST /admin/v1/import?dryRun=false&ttlSeconds=60'));
    const told = await run('import', 'x.jsonl', '--dry-run');
    expect(told.stdout).toBe(
      "4 entries and 0 judged pairs would be taken in.\n2 lines refused:\n  line 2: 'model': expected string\n  line 502: 'model': expected string\n",
    );
  });

  test('unpacks what is packed', async () => {
    const { run, cwd } = await gateway();
    writeFileSync(join(cwd, 'x.jsonl.gz'), gzipSync('line\n'));
    expect((await run('import', 'x.jsonl.gz')).stdout).toContain('2 entries');
    writeFileSync(join(cwd, 'bad.jsonl.gz'), 'line\n');
    expect((await run('import', 'bad.jsonl.gz')).stderr).toContain('bad.jsonl.gz is no whole gzip file');
    expect((await run('import', 'absent.jsonl')).stderr).toContain('There is no file absent.jsonl');
  });
});
