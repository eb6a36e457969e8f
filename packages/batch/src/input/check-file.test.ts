import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkFile } from './check-file.ts';
import { linesOf } from './lines.ts';
import { isFault, readRequestLine } from './request-line.ts';

const ENDPOINT = '/v1/chat/completions';
const bounds = { linesMax: 5, lineBytesMax: 300 };

async function* pieces(content: string | Buffer, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const line = (customId: unknown, more: object = {}) =>
  JSON.stringify({ custom_id: customId, method: 'POST', url: ENDPOINT, body: { model: 'm', messages: [] }, ...more });

const check = (content: string | Buffer) => checkFile(pieces(content), ENDPOINT, bounds);

test('lines are the same however the file comes in pieces: BOM, CRLF, blank lines, no break at the end', async () => {
  const content = '\ufeffone\r\n\n  \t\ntwo ü😀\n\r\nthree';
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (size) => {
      const found: [number, string][] = [];
      for await (const { number, bytes } of linesOf(pieces(content, size), 100)) found.push([number, bytes.toString()]);
      expect(found).toEqual([
        [1, 'one'],
        [4, 'two ü😀'],
        [6, 'three'],
      ]);
    }),
  );
});

test('a file that is right says how much it holds', async () => {
  expect(await check(`${line('a')}\n\n${line('b')}\n`)).toEqual({ faults: [], total: 2, lastLine: 3, model: 'm' });
});

test.each([
  ['{', 'invalid_json_line'],
  ['"text"', 'invalid_json_line'],
  [line(undefined), 'missing_required_parameter'],
  [line(''), 'invalid_custom_id'],
  [line(7), 'invalid_custom_id'],
  [line('x'.repeat(513)), 'line_too_long'],
  [line('a', { method: 'PUT' }), 'invalid_method'],
  [line('a', { url: '/v1/embeddings' }), 'invalid_url'],
  [line('a', { body: 'text' }), 'invalid_body'],
  [line('a', { body: [] }), 'invalid_body'],
  [line('a', { body: {} }), 'missing_required_parameter'],
  [line('a', { body: { model: 'm', stream: true } }), 'unsupported_parameter'],
  [`${line('a')}${' '.repeat(300)}x`, 'line_too_long'],
])('%j: %s', async (bad, code) => {
  const { faults, total } = await check(`${line('first')}\n${bad}\n${line('last')}`);
  expect(faults).toMatchObject([{ line: 2, code }]);
  expect(faults[0]?.message).toMatch(/\.$/);
  expect(total).toBe(0);
});

test('what is no UTF-8 is no JSON', async () => {
  const bytes = Buffer.concat([
    Buffer.from(line('a')),
    Buffer.from('\n{"custom_id":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);
  expect((await check(bytes)).faults).toMatchObject([{ line: 2, code: 'invalid_json_line' }]);
});

test('duplicates name the first; a second model is refused; nothing at all too', async () => {
  const other = line('b', { body: { model: 'other' } });
  const { faults } = await check([line('a'), other, line('a')].join('\n'));
  expect(faults).toMatchObject([
    { line: 2, code: 'mismatched_model' },
    { line: 3, code: 'duplicate_custom_id', message: expect.stringContaining('line 1') },
  ]);
  expect((await check(' \n\r\n')).faults).toMatchObject([{ code: 'empty_file' }]);
  expect((await check('')).faults).toMatchObject([{ code: 'empty_file' }]);
});

test('one line more than allowed is the one thing that is told', async () => {
  const lines = Array.from({ length: 6 }, (_, n) => line(`q${n}`));
  expect((await check(lines.slice(0, 5).join('\n'))).faults).toEqual([]);
  expect((await check(lines.join('\n'))).faults).toMatchObject([{ code: 'too_many_tasks' }]);
});

test('a body goes on byte for byte, large numbers and spaces included', () => {
  const body = '{ "model": "m", "seed": 12345678901234567890, "temperature": 1.0, "a:b": {"body": 1} }';
  const bytes = Buffer.from(`{"custom_id":"a", "body" :  ${body} ,"method":"POST","url":"${ENDPOINT}"}`);
  const read = readRequestLine({ number: 1, bytes, tooLong: false }, ENDPOINT, 1000);
  expect(isFault(read) ? read : read.body.toString()).toBe(body);
});

test('50,000 lines are accepted, 50,001 are not', async () => {
  const real = { linesMax: 50_000, lineBytesMax: 10_000_000 };
  const lines = Array.from({ length: 50_001 }, (_, n) => line(`q${n}`));
  const checkReal = (count: number) => checkFile(pieces(lines.slice(0, count).join('\n'), 65_536), ENDPOINT, real);
  expect(await checkReal(50_000)).toMatchObject({ faults: [], total: 50_000, lastLine: 50_000 });
  expect(await checkReal(50_001)).toMatchObject({ faults: [{ code: 'too_many_tasks' }], total: 0 });
}, 60_000);
