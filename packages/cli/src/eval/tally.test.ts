import { expect, test } from '@jest/globals';
import { Tally } from './tally.ts';

test('counts what is served and refused, by guard level, threshold and kind', () => {
  const tally = new Tally([0.8, 0.9], ['off', 'standard']);
  const add = (equivalent: boolean, kind: string | undefined, off: string[], standard: string[]) =>
    tally.add(
      { equivalent, kind },
      new Map([
        ['off', off],
        ['standard', standard],
      ] as const),
    );
  add(true, 'paraphrase', ['serve', 'serve'], ['serve', 'serve']);
  add(true, 'paraphrase', ['serve', 'below-threshold'], ['guard:name', 'below-threshold']);
  add(false, 'number', ['serve', 'serve'], ['guard:number', 'guard:number']);
  add(false, undefined, ['serve', 'below-threshold'], ['serve', 'below-threshold']);

  expect(tally.pairs).toEqual({ equivalent: 2, different: 2 });
  const settings = tally.settings();
  expect(
    settings.map(({ guard, threshold, hitRate, falseHitRate, precision }) => [
      ...[guard, threshold, hitRate.count, falseHitRate.count, `${precision.count}/${precision.of}`],
    ]),
  ).toEqual([
    ['off', 0.8, 2, 2, '2/4'],
    ['off', 0.9, 1, 1, '1/2'],
    ['standard', 0.8, 1, 1, '1/2'],
    ['standard', 0.9, 1, 0, '1/1'],
  ]);
  expect(settings[2]?.refusedBy).toEqual([
    { guard: 'name', equivalent: 1, different: 0 },
    { guard: 'number', equivalent: 0, different: 1 },
  ]);
  expect(settings[3]?.refusedBy).toEqual([{ guard: 'number', equivalent: 0, different: 1 }]);
  expect(
    settings[2]?.kinds.map(({ kind, hitRate, falseHitRate }) => [
      kind,
      hitRate.count,
      hitRate.of,
      falseHitRate.count,
      falseHitRate.of,
    ]),
  ).toEqual([
    ['(none)', 0, 0, 1, 1],
    ['number', 0, 0, 0, 1],
    ['paraphrase', 1, 2, 0, 0],
  ]);
});

test('keeps a thousand kinds and puts the others together', () => {
  const tally = new Tally([0.9], ['off']);
  for (let i = 0; i < 1500; i += 1) tally.add({ equivalent: true, kind: `k${i}` }, new Map([['off', ['serve']]]));
  const kinds = tally.settings()[0]?.kinds ?? [];
  expect(kinds).toHaveLength(1001);
  expect(kinds.find(({ kind }) => kind === '(other)')?.hitRate).toMatchObject({ count: 500, of: 500 });
});
