import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stripField } from './strip-field.ts';

const strip = (text: string) => stripField(Buffer.from(text), 'nearhit').toString();

test.each([
  ['{"nearhit":{"a":[1,"}"]}}', '{}'],
  ['{ "a": 1.0 , "nearhit": {} , "b": 9007199254740993 }', '{"a": 1.0 ,"b": 9007199254740993 }'],
  ['{"n\\u0065arhit":1,"a":"\\"nearhit\\":2,"}', '{"a":"\\"nearhit\\":2,"}'],
  ['{"nearhit":1,"x":{"nearhit":2},"nearhit":[3,{}]}', '{"x":{"nearhit":2}}'],
  ['{"a":"nearhit"}', '{"a":"nearhit"}'],
  ['{"a":"nearhit","nearhit":"\\\\"}', '{"a":"nearhit"}'],
  ['{}', '{}'],
])('%s', (text, expected) => {
  expect(strip(text)).toBe(expected);
});

test('nothing but the field is gone, whatever the object', () => {
  const object = fc.dictionary(fc.oneof(fc.constantFrom('nearhit', 'a', '"'), fc.string()), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.constantFrom(0, 2), (fields, indent) => {
      const { nearhit: _, ...rest } = fields;
      const text = JSON.stringify(fields, null, indent);
      expect(JSON.stringify(JSON.parse(strip(text)))).toBe(JSON.stringify(JSON.parse(JSON.stringify(rest))));
    }),
  );
});
