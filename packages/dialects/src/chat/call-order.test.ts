import { expect, test } from '@jest/globals';
import type { JsonObject } from '@nearhit/core';
import fc from 'fast-check';
import { readCall } from './answer.ts';
import { CallOrder } from './call-order.ts';

/** Notes what it hears, and that one thing is over before the next begins. */
class Notes {
  readonly told: { name: string; input: string; over: boolean }[] = [];
  readonly order = new CallOrder({
    begin: (call: JsonObject) => {
      expect(this.told.every(({ over }) => over)).toBe(true);
      this.told.push({ name: readCall(call).name, input: '', over: false });
    },
    more: (text) => {
      const last = this.told.at(-1);
      expect(last?.over).toBe(false);
      if (last !== undefined) last.input += text;
    },
    over: () => {
      const last = this.told.at(-1);
      expect(last?.over).toBe(false);
      if (last !== undefined) last.over = true;
    },
  });

  say(text: string): void {
    this.order.aside(() => {
      expect(this.told.every(({ over }) => over)).toBe(true);
      this.told.push({ name: 'says', input: text, over: true });
    });
  }
}

const fragment = (index: number, args: string, name?: string) => ({
  index,
  ...(name !== undefined && { id: `id-${name}`, type: 'function' }),
  function: { ...(name !== undefined && { name }), arguments: args },
});

test('one after the other: each is told as it comes', () => {
  const { order, told } = new Notes();
  order.add([fragment(0, '', 'a')]);
  order.add([fragment(0, '{"x"')]);
  expect(told).toEqual([{ name: 'a', input: '{"x"', over: false }]);
  order.add([fragment(0, ':1}')]);
  order.add([fragment(1, '{', 'b')]);
  expect(told).toEqual([
    { name: 'a', input: '{"x":1}', over: true },
    { name: 'b', input: '{', over: false },
  ]);
  order.end();
  expect(told.every(({ over }) => over)).toBe(true);
});

test('heads first, then their arguments: nothing is lost', () => {
  const { order, told } = new Notes();
  order.add([fragment(0, '', 'a'), fragment(1, '', 'b'), fragment(2, '', 'none')]);
  order.add([fragment(1, '{"b":1}'), fragment(0, '{"a":1}')]);
  order.end();
  expect(told.map(({ name, input }) => [name, input])).toEqual([
    ['a', '{"a":1}'],
    ['b', '{"b":1}'],
    ['none', ''],
  ]);
});

test('what is said in the middle of a call waits for its end', () => {
  const notes = new Notes();
  notes.order.add([fragment(0, '{"a":', 'a')]);
  notes.say('meanwhile');
  notes.order.add([fragment(0, '1}')]);
  notes.say('then');
  notes.order.end();
  expect(notes.told.map(({ name, input }) => [name, input])).toEqual([
    ['a', '{"a":1}'],
    ['says', 'meanwhile'],
    ['says', 'then'],
  ]);
});

test('a name that comes late, a call that never gets one, and no fragment at all', () => {
  const { order, told } = new Notes();
  order.add([{ index: 0, id: 'x', function: { arguments: '{}' } }, null, 'text']);
  expect(told).toEqual([]);
  order.add([{ index: 0, function: { name: 'late' } }]);
  order.add([{ index: 1, id: 'y', function: { arguments: '{}' } }]);
  order.end();
  expect(told.map(({ name, input }) => [name, input])).toEqual([
    ['late', '{}'],
    ['', '{}'],
  ]);
});

test('any interleaving of parallel calls tells the same calls, in their order', () => {
  const args = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 6 }), {
    maxKeys: 2,
    noNullPrototype: true,
  });
  const calls = fc.array(
    args.map((value) => JSON.stringify(value)),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(
      calls,
      fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 4 })), { maxLength: 40 }),
      (inputs, turns) => {
        const { order, told } = new Notes();
        const left = [...inputs];
        inputs.forEach((_, at) => {
          order.add([fragment(at, '', `call${at}`)]);
        });
        const more = (at: number, length: number): void => {
          const rest = left[at] ?? '';
          if (rest !== '') order.add([fragment(at, rest.slice(0, length))]);
          left[at] = rest.slice(length);
        };
        for (const [at, length] of turns) if (at < inputs.length) more(at, length);
        for (const at of inputs.keys()) more(at, Number.POSITIVE_INFINITY);
        order.end();
        expect(told).toEqual(inputs.map((input, at) => ({ name: `call${at}`, input, over: true })));
      },
    ),
  );
});
