import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CATALOGUE } from './lookup.ts';

const page = readFileSync(new URL('../../../../docs/providers.md', import.meta.url), 'utf8');

test.each(CATALOGUE.map(({ name, asOf, source }) => [name, asOf, source]))(
  'docs/providers.md says how old the prices of %s are',
  (name, asOf, source) => {
    expect(page).toContain(`| ${name} | ${asOf} | ${source} |`);
  },
);
