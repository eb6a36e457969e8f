import { describe, expect, test } from '@jest/globals';
import { Places } from './places.ts';

class Caller {
  readonly batch: boolean;
  readonly name: string;
  readonly #admitted: string[];

  constructor(name: string, admitted: string[]) {
    this.name = name;
    this.batch = name.startsWith('b');
    this.#admitted = admitted;
  }

  admitted(): void {
    this.#admitted.push(this.name);
  }
}

describe('places', () => {
  const admitted: string[] = [];
  const caller = (name: string) => new Caller(name, admitted);
  const turn = async () => {
    await Promise.resolve();
    return admitted.splice(0);
  };

  test('one that comes free goes to who has waited longest, never within leave() or enter()', async () => {
    const places = new Places(1);
    expect(places.enter(caller('1'))).toBe('in');
    expect(['2', '3', '4'].map((name) => places.enter(caller(name)))).toEqual(['waiting', 'waiting', 'waiting']);
    places.leave(false);
    expect(admitted).toEqual([]);
    // Nobody who comes now passes them by.
    expect(places.enter(caller('5'))).toBe('waiting');
    expect(await turn()).toEqual(['2']);
    places.leave(false);
    expect(await turn()).toEqual(['3']);
  });

  test('batches get half of the places, and the others when none of the others waits', async () => {
    const places = new Places(4);
    expect(['b1', 'b2', 'b3'].map((name) => places.enter(caller(name)))).toEqual(['in', 'in', 'waiting']);
    expect(['1', '2', '3'].map((name) => places.enter(caller(name)))).toEqual(['in', 'in', 'waiting']);
    places.leave(true);
    expect(await turn()).toEqual(['3']);
    places.leave(false);
    expect(await turn()).toEqual(['b3']);
    expect(places.waiting).toBe(0);
  });

  test('ten may wait per place and kind; who gives up makes room', async () => {
    const places = new Places(1);
    places.enter(caller('1'));
    const waiting = Array.from({ length: 10 }, (_, i) => caller(`${i}`));
    for (const each of waiting) expect(places.enter(each)).toBe('waiting');
    expect(places.enter(caller('x'))).toBe('full');
    expect(places.enter(caller('b'))).toBe('waiting');
    places.cancel(waiting[0] as Caller);
    places.cancel(waiting[0] as Caller);
    expect(places.enter(caller('y'))).toBe('waiting');
    places.leave(false);
    expect(await turn()).toEqual(['1']);
  });

  test('a place alone: batches have it too', () => {
    expect(new Places(1).enter(caller('b'))).toBe('in');
  });
});
