import { describe, expect, test } from '@jest/globals';
import { assignments, levelOf, splitLevel } from './arguments.ts';

describe('a level', () => {
  test.each([
    ['default', { namespace: 'default', model: undefined }],
    ['support/gpt-4o', { namespace: 'support', model: 'gpt-4o' }],
    ['support/meta-llama/Llama-3', { namespace: 'support', model: 'meta-llama/Llama-3' }],
  ])('%s', (text, level) => {
    expect(levelOf(text)).toEqual(level);
  });

  test.each([
    ['', 'Not a namespace'],
    ['a b', 'Not a namespace'],
    ['/gpt-4o', 'Not a namespace'],
    ['support/', 'No model after the slash'],
  ])('not %j', (text, why) => {
    expect(() => levelOf(text)).toThrow(why);
  });

  test('may be left out in front of fields', () => {
    expect(splitLevel(['threshold=0.9', 'mode=off'])).toEqual({
      level: 'default',
      more: ['threshold=0.9', 'mode=off'],
    });
    expect(splitLevel(['support', 'mode=off'])).toEqual({ level: 'support', more: ['mode=off'] });
    expect(splitLevel(['support/a=b', 'mode=off'])).toEqual({ level: 'support/a=b', more: ['mode=off'] });
    expect(splitLevel([])).toEqual({ level: 'default', more: [] });
  });
});

describe('field=value', () => {
  test('has the types of the policy', () => {
    expect(
      assignments(['threshold=0.93', 'guard=strict', 'semantic=false', 'ttlSeconds=3600', 'mode=', 'volatile=null']),
    ).toEqual({
      ...{ threshold: 0.93, guard: 'strict', semantic: false, ttlSeconds: 3600, mode: null, volatile: null },
    });
    expect(assignments(['entriesMax=10'])).toEqual({ maxEntries: 10 });
  });

  test.each([
    [['threshold'], 'Expected field=value, got "threshold"'],
    [['=1'], 'Expected field=value'],
    [['threshold=1.5'], /threshold: .*got 1\.5/],
    [['threshold=NaN'], /threshold: .*got "NaN"/],
    [['threshold=high'], /threshold: .*got "high"/],
    [['ttlSeconds=1.5'], /ttlSeconds: .*got 1\.5/],
    [['guard=lax'], /guard: .*got "lax"/],
    [['tresh=1'], 'No such field: tresh. Fields: threshold,'],
    [['mode=on', 'mode=off'], 'mode is given twice'],
    [['__proto__=1'], 'No such field: __proto__'],
  ])('not %j', (given, why) => {
    expect(() => assignments(given)).toThrow(why);
  });

  test('names every fault at once', () => {
    expect(() => assignments(['threshold=2', 'guard=lax'])).toThrow(/threshold: .*\n.*guard: /);
  });
});
