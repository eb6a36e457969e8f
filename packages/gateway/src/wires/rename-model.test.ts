import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renameModel } from './rename-model.ts';

const rename = (text: string, model: string) => renameModel(Buffer.from(text), model).toString();

describe('renameModel', () => {
  test('changes the value and no other byte', () => {
    expect(rename('{ "n" : 1.0,\t"model":"a","x":{"model":"a"},"y":["model","a"] }', 'b"c')).toBe(
      '{ "n" : 1.0,\t"model":"b\\"c","x":{"model":"a"},"y":["model","a"] }',
    );
  });

  test('an escaped key, a repeated key, escapes in strings', () => {
    expect(rename('{"mod\\u0065l":"a","q":"\\\\\\"model\\": \\"a","model":"\\"a"}', 'b')).toBe(
      '{"mod\\u0065l":"b","q":"\\\\\\"model\\": \\"a","model":"b"}',
    );
  });

  test('without a model, the same Buffer', () => {
    const body = Buffer.from('{"messages":[{"model":"x"}]}');
    expect(renameModel(body, 'b')).toBe(body);
  });

  test('means the same as parsing, setting and writing, for any JSON and any spacing', () => {
    const objects = fc.dictionary(fc.oneof(fc.constant('model'), fc.string()), fc.jsonValue()).map(stripProto);
    fc.assert(
      fc.property(objects, fc.string(), fc.string(), fc.nat(4), (rest, from, to, indent) => {
        const body = { ...rest, model: from };
        const renamed = JSON.parse(rename(JSON.stringify(body, null, indent), to));
        expect(renamed).toEqual(JSON.parse(JSON.stringify({ ...body, model: to })));
      }),
    );
  });
});

/** Assigning `__proto__` would not make a key. */
function stripProto(value: Record<string, unknown>): Record<string, unknown> {
  const { ['__proto__']: _, ...rest } = value;
  return rest;
}
