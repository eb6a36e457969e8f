import { expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { describeEmbedded } from '../support/room.ts';

const ASKED = 'What are the side effects of ibuprofen?';
const REWORDED = 'Which side effects does ibuprofen have?';
/** Nothing that a guard knows tells these apart. */
const USED = 'Can I return a used item?';
const ANY = 'Can I return an item?';

describeEmbedded((t) => {
  const ask = (namespace: string, question: string, nearhit: object = {}) =>
    t.gateway.ask(question, { nearhit: { namespace, ...nearhit } });
  const store = async (namespace: string, question: string) => {
    await ask(namespace, question);
    await t.gateway.flush();
  };
  const policy = (namespace: string, patch: object) => t.gateway.admin('PUT', `/policies/${namespace}`, patch);
  const explain = async (namespace: string, question: string) => {
    const body = { model: 'm', messages: [{ role: 'user', content: question }], nearhit: { namespace } };
    return (await t.gateway.admin('POST', '/explain', body)).json;
  };

  test('where nobody chose, the verifier’s own bar decides, and the record keeps what it said', async () => {
    await store('unchosen', ASKED);
    expect(cacheOf(await ask('unchosen', REWORDED))).toMatchObject({ cache: 'hit', layer: 'semantic' });
    const { verifier, threshold, candidates } = await explain('unchosen', REWORDED);
    expect(threshold).toEqual({ value: 0.7, origin: 'floor' });
    expect(verifier).toMatchObject({ probabilityMin: 0.75, similarityWithout: 0.9, calibration: null });
    expect(candidates[0].probability).toBeGreaterThan(0.75);
    const { decisions } = (await t.gateway.admin('GET', '/decisions?namespace=unchosen&outcome=hit')).json;
    expect(decisions[0]).toMatchObject({ score: candidates[0].probability, scorer: verifier.version, threshold: 0.7 });
  });

  test('what it thinks improbable is refused, near as it is, and explained', async () => {
    await store('near', USED);
    expect(cacheOf(await ask('near', ANY))).toMatchObject({ cache: 'miss', reason: 'verifier' });
    const { candidates } = await explain('near', 'Could I return an item?');
    const refused = candidates.find(({ query }: { query: string }) => query === USED);
    expect(refused).toMatchObject({ verdict: 'verifier', guards: expect.any(Array) });
    expect(refused.verifier.features.length).toBeGreaterThan(0);
  });

  test('a threshold that somebody chose decides, but for what is likelier wrong than right', async () => {
    await policy('chosen', { threshold: 0.8 });
    await store('chosen', ASKED);
    await store('chosen', USED);
    expect(cacheOf(await ask('chosen', REWORDED))).toMatchObject({ cache: 'hit', layer: 'semantic' });
    expect(cacheOf(await ask('chosen', ANY))).toMatchObject({ cache: 'miss', reason: 'verifier' });
    await policy('chosen', { threshold: 0.999 });
    await store('chosen', 'How tall is Mount Everest?');
    expect(cacheOf(await ask('chosen', 'What is the height of Mount Everest?'))).toMatchObject({
      ...{ cache: 'miss', reason: 'below-threshold' },
    });
    await policy('chosen', { threshold: 0.8, guard: 'off' });
    expect(cacheOf(await ask('chosen', 'May I return an item?', { cache: 'only' })).cache).toBe('hit');
  });

  test('an error budget sets the bar; one that nothing shows to be kept leaves the same question only', async () => {
    await policy('budget', { maxErrorRate: 0.01 });
    await store('budget', ASKED);
    expect(cacheOf(await ask('budget', REWORDED, { cache: 'only' }))).toMatchObject({ reason: 'error-budget' });
    expect(cacheOf(await ask('budget', `${ASKED.toLowerCase()}  `, { cache: 'only' }))).toMatchObject({ cache: 'hit' });
    await policy('budget', { maxErrorRate: 0.08 });
    expect(cacheOf(await ask('budget', REWORDED, { cache: 'only' }))).toMatchObject({ cache: 'hit' });
    const { verifier } = await explain('budget', REWORDED);
    expect(verifier.calibration).toMatchObject({ maxErrorRate: 0.08, origin: 'prior', budgetOrigin: 'admin:budget' });
  });
});
