import { expect, test } from '@jest/globals';
import { sharedUpstream } from '../conformance/scripted-upstream.samples.ts';
import { AnsweringProcess } from '../conformance/shared-answers.samples.ts';
import type { SharedFlights } from '../ports/shared-flights.ts';

/** Kept where the store is: it answers no more than that does. */
function silentFlights() {
  const claims: string[] = [];
  const flights: SharedFlights = {
    claim: (key) => {
      claims.push(key);
      return new Promise(() => {});
    },
    forget() {},
    close: async () => {},
  };
  return { claims, flights };
}

const away = () => Promise.reject(new Error('away'));

test('a store that does not answer is not asked a second time, for a shared flight', async () => {
  const upstream = sharedUpstream();
  upstream.answerAll(() => 'Because.');
  const { claims, flights } = silentFlights();
  const process = new AnsweringProcess(upstream, flights, { get: away, getMany: away, identify: away });
  const got = await process.ask('Why?');
  expect(got).toMatchObject({ text: 'Because.', reason: 'cache-unavailable', leader: true });
  expect(claims).toEqual([]);
  expect(process.enqueued).toHaveLength(1);
});

test('equal requests in this process share one call all the same', async () => {
  const upstream = sharedUpstream();
  const process = new AnsweringProcess(upstream, silentFlights().flights, { get: away, getMany: away, identify: away });
  const asked = [process.ask('Why?'), process.ask('Why?', { stream: true }), process.ask('Why?')];
  await upstream.called(1);
  upstream.calls[0]?.answer('Because.');
  expect(new Set((await Promise.all(asked)).map(({ text }) => text))).toEqual(new Set(['Because.']));
  expect(upstream.calls).toHaveLength(1);
});
