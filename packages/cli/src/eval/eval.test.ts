import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { nearhit, temporaryFolder } from '../../test/cli.ts';

const PAIRS = [
  { a: 'How do I reset my password?', b: 'hi, how do I reset my password', equivalent: true, kind: 'same' },
  {
    a: 'How long is a return ticket valid?',
    b: 'For how long is a return ticket valid?',
    equivalent: true,
    kind: 'same',
  },
  { a: 'How do I cancel order 1234?', b: 'How do I cancel order 4321?', equivalent: false, kind: 'number' },
  { a: 'What is the capital of France?', b: 'How long do I boil an egg?', equivalent: false, kind: 'far' },
  { a: 'Is <b> bold?', b: 'Does a <b> & an <i> differ from a <table>?', equivalent: true, kind: 'refused' },
  { a: 'What is the weather today?', b: 'What is the weather today?', equivalent: true, kind: 'volatile' },
  { a: 'Undecided?', b: 'Undecided!', equivalent: true, disputable: true },
];
const STREAM = [
  { prompt: 'How long is a return ticket valid?', group: 1 },
  { prompt: 'How do I cancel order 1234?', group: 2 },
  { prompt: 'How long is a return ticket valid?', group: 1 },
  { prompt: 'For how long is a return ticket valid?', group: 1 },
  { prompt: 'how long is a return ticket valid', group: 1 },
  { prompt: 'How do I cancel order 4321?', group: 3 },
];
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

function folder(): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'pairs.jsonl'), lines(PAIRS));
  writeFileSync(join(cwd, 'stream.jsonl'), `\n${lines(STREAM)}\nnope\n`);
  return cwd;
}

describe('eval', () => {
  test('judges pairs as the default policy does, and streams in their order', async () => {
    const { code, stdout, stderr } = await nearhit(['eval', 'pairs.jsonl', 'stream.jsonl', '--json'], {
      cwd: folder(),
    });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('stream.jsonl:8: expected {"prompt", "group"}, skipped'),
    ]);
    const [pairs, stream] = JSON.parse(stdout).files;
    expect(pairs.pairs).toMatchObject({ total: 6, equivalent: 4, different: 2 });
    const { right, wrong, refusedBy, kinds, worst, bars } = pairs.policy;
    expect([right, wrong]).toMatchObject([
      { count: 2, of: 4 },
      { count: 0, of: 2 },
    ]);
    expect(refusedBy).toContainEqual({ reason: 'guard:number', equivalent: 0, different: 1 });
    expect(refusedBy).toContainEqual({ reason: 'volatile', equivalent: 1, different: 0 });
    expect(kinds.find(({ kind }: { kind: string }) => kind === 'same').right).toMatchObject({ count: 2, of: 2 });
    expect(worst.servedWrong).toEqual([]);
    expect(worst.refusedRight.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['refused', 'volatile']);
    expect(bars.map(({ bar }: { bar: number }) => bar)).toContain(0.75);
    const { requests, exact, policy, cosine } = stream.stream;
    expect([stream.badLines, requests, exact.count]).toEqual([1, 6, 1]);
    expect(policy).toMatchObject({ byMeaning: { count: 2, of: 2 }, wrong: { count: 0, of: 6 } });
    expect(cosine[0]).toMatchObject({ threshold: 0.8, wrong: { count: 1, of: 6 } });
  });

  test('writes a report with the texts, and a page without them', async () => {
    const cwd = folder();
    const { code, stdout, stderr } = await nearhit(
      ['eval', 'pairs.jsonl', 'stream.jsonl', '--out', 'report.html', '--markdown', 'quality.md'],
      { cwd },
    );
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/report\.html written\nquality\.svg written\nquality\.md written\n$/),
    ]);
    expect(stdout).toMatch(/default policy \(verifier, bar 0\.75\)\n.*\n {2}all +50\.0 % .* 2\/4 +0\.0 % .* 0\/2\n/);
    const html = readFileSync(join(cwd, 'report.html'), 'utf8');
    expect(html).toContain('<svg class="curve"');
    expect(html).toContain('&lt;b&gt;');
    expect(html).not.toMatch(/<b> bold|https?:\/\//);
    const page = readFileSync(join(cwd, 'quality.md'), 'utf8');
    expect(page).toMatch(/^\| pairs \| 50\.0 % .* 2\/4 \| 0\.0 % .* 0\/2 \|/m);
    expect(page).toMatch(/^\| default policy \| 100\.0 % .* 2\/2 \| 0\.0 % .* 0\/6 \|/m);
    expect(page).toContain('](quality.svg)');
    const picture = readFileSync(join(cwd, 'quality.svg'), 'utf8');
    expect(picture).toMatch(/^<svg xmlns[\s\S]*>pairs<\/text>[\s\S]*<polyline class="policy"/);
    for (const { a } of PAIRS) expect(`${page}${picture}`).not.toContain(a);
  });

  test('says what it cannot write to', async () => {
    const where = ['--out', join('absent', 'report.html')];
    const { code, stderr } = await nearhit(['eval', 'pairs.jsonl', ...where], { cwd: folder() });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/nearhit: absent.report\.html can't be written: ENOENT/)]);
  });
});
