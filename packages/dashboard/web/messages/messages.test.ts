import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { en } from './en.ts';
import { vi } from './vi.ts';

const WEB = join(import.meta.dirname, '..');
const sources = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.ts$|^messages/.test(name))
  .map((name) => readFileSync(join(WEB, name), 'utf8'))
  .join('\n');
const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

describe('messages', () => {
  test('are the same in both languages', () => {
    expect(Object.keys(vi).sort()).toEqual(Object.keys(en).sort());
  });

  test.each(Object.keys(en) as (keyof typeof en)[])('%s has the same holes in both, and is not empty', (key) => {
    expect(holes(vi[key])).toEqual(holes(en[key]));
    expect(vi[key].trim()).not.toBe('');
  });

  /** `window.5m` is used where somebody writes `window.${one}`. */
  const patterns = [...sources.matchAll(/[`']([a-z]\w*\.[^`'\s]*)[`']/gi)].map(
    ([, used = '']) =>
      new RegExp(
        `^${used
          .split(/\$\{.*?\}/)
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.+')}$`,
      ),
  );

  test('none of them is unused', () => {
    const unused = Object.keys(en).filter((key) => !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });
});
