import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Floods, type FloodVerdict } from './floods.ts';

const MINUTE = 60_000;
const near = (id: string, similarity = 0.95) => ({ id, similarity });

/** Answers that each lie beside the one before. */
function chain(floods: Floods, writer: string, count: number, { similarity = 0.95, stepMs = 1000, from = 0 } = {}) {
  const verdicts: FloodVerdict[] = [];
  for (let n = 0; n < count; n++)
    verdicts.push(
      floods.check(
        { writer, id: `${writer}${n}`, nearest: near(n === 0 ? 'victim' : `${writer}${n - 1}`, similarity) },
        from + n * stepMs,
      ),
    );
  return verdicts;
}

describe('near-duplicate floods', () => {
  test('begin with the first answer over the measure, however they lie to one another', () => {
    const verdicts = chain(new Floods({ entriesMax: 5 }), 'a', 8);
    expect(verdicts).toEqual([...Array(5).fill('calm'), 'begins', 'flood', 'flood']);
    const star = new Floods({ entriesMax: 5 });
    const around = Array.from({ length: 7 }, (_, n) =>
      star.check({ writer: 'a', id: `e${n}`, nearest: near('victim') }, n),
    );
    expect(around).toEqual([...Array(5).fill('calm'), 'begins', 'flood']);
  });

  test('of one writer are nothing to another, nor to the same one elsewhere', () => {
    const floods = new Floods({ entriesMax: 5 });
    chain(floods, 'a', 8);
    expect(floods.check({ writer: 'b', id: 'x', nearest: near('victim') }, 9000)).toBe('calm');
    expect(floods.check({ writer: 'a', id: 'y', nearest: near('elsewhere') }, 9000)).toBe('calm');
    expect(floods.check({ writer: 'a', id: 'z' }, 9000)).toBe('calm');
  });

  test('end when nothing has come for as long as is held', () => {
    const floods = new Floods({ entriesMax: 2, holdMs: 10 * MINUTE });
    chain(floods, 'a', 4);
    const later = 3000 + 10 * MINUTE;
    expect(floods.check({ writer: 'a', id: 'x', nearest: near('victim') }, later - 1)).toBe('flood');
    expect(floods.check({ writer: 'a', id: 'y', nearest: near('victim') }, later + 10 * MINUTE)).toBe('calm');
  });

  test('as many answers over a longer time, or farther from one another, are none', () => {
    expect(chain(new Floods(), 'a', 200, { stepMs: MINUTE }).every((verdict) => verdict === 'calm')).toBe(true);
    expect(chain(new Floods(), 'a', 200, { similarity: 0.89 }).every((verdict) => verdict === 'calm')).toBe(true);
    expect(chain(new Floods(), 'a', 200, { similarity: Number.NaN }).every((verdict) => verdict === 'calm')).toBe(true);
  });

  test('many questions asked in a few wordings each are none', () => {
    const floods = new Floods();
    for (let n = 0; n < 5000; n++) {
      const question = n % 500;
      const verdict = floods.check({ writer: 'a', id: `${n}`, nearest: near(`q${question}`) }, n * 1000);
      expect(verdict).toBe('calm');
    }
  });

  test('memory is bounded, and what is tracked is still found', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 300 }), (answers) => {
        const floods = new Floods({ trackedMax: 10, entriesMax: 3 });
        for (const [at, [id, beside]] of answers.entries())
          expect(['calm', 'begins', 'flood']).toContain(
            floods.check({ writer: 'a', id: `${id}`, nearest: near(`${beside}`) }, at),
          );
        expect(chain(floods, 'b', 5, { from: 1e6 }).at(-1)).toBe('flood');
      }),
    );
  });
});
