import { describe, expect, test } from '@jest/globals';
import { readPair } from './pairs.ts';

const read = (text: string | undefined, fault?: string) =>
  readPair({ number: 1, bytes: 0, text, ...(fault !== undefined && { fault }) });

describe('a line of pairs', () => {
  test('is a pair, whatever else it holds', () => {
    expect(read('{"a":"x","b":"y","equivalent":true,"source":"qqp"}\r')).toEqual({
      pair: { a: 'x', b: 'y', equivalent: true, kind: undefined },
    });
    expect(read('{"a":"x","b":"y","equivalent":0,"kind":"number"}')).toMatchObject({
      pair: { equivalent: false, kind: 'number' },
    });
    expect(read('{"a":"x","b":"y","equivalent":1,"kind":null}')).toMatchObject({
      pair: { equivalent: true, kind: undefined },
    });
  });

  test('is made well-formed, as the gateway does', () => {
    expect(read('{"a":"x\\ud800","b":"y","equivalent":true}')).toMatchObject({ pair: { a: 'x\ufffd' } });
  });

  test.each(['', '  ', '\r'])('may be empty: %j', (text) => {
    expect(read(text)).toBeUndefined();
  });

  test.each([
    ['nope', /^not JSON: /],
    ['{"a":"x","b":"y","equivalent":true', /^not JSON: /],
    ['null', /object/],
    ['[]', /object/],
    ['{"a":"x","equivalent":true}', /^b: /],
    ['{"a":" ","b":"y","equivalent":true}', 'a: expected a question, got an empty text'],
    ['{"a":1,"b":"y","equivalent":true}', /^a: /],
    ['{"a":"x","b":"y","equivalent":"yes"}', 'equivalent: expected true or false'],
    ['{"a":"x","b":"y"}', 'equivalent: expected true or false'],
  ])('is not %j', (text, fault) => {
    expect(read(text)).toEqual({ fault: typeof fault === 'string' ? fault : expect.stringMatching(fault) });
  });

  test('that could not be read says why', () => {
    expect(read(undefined, 'not UTF-8')).toEqual({ fault: 'not UTF-8' });
  });
});
