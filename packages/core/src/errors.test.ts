import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ERRORS, NearhitError } from './errors.ts';

test('the page on errors and the table say the same', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| [A-Z_]+ \|/.test(line));
  const expected = Object.entries(ERRORS).map(
    ([name, { status, type, code, retryable }]) =>
      `| ${name} | ${status} | \`${type}\` | ${code === null ? '' : `\`${code}\``} | ${retryable ? 'yes' : 'no'} |`,
  );
  expect(rows).toEqual(expected);
});

test('what a caller sees carries no detail', () => {
  const error = new NearhitError('UPSTREAM_UNREACHABLE', 'The provider can not be reached.', {
    detail: 'ECONNREFUSED 10.0.0.1',
  });
  expect(JSON.stringify(error.toBody())).not.toContain('10.0.0.1');
  expect(error.toBody().error).toMatchObject({ type: 'upstream_error', code: 'upstream_unreachable', param: null });
});
