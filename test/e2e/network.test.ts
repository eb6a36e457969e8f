import { rmSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { describeModes } from '../support/room.ts';
import { until } from '../support/until.ts';
import { verifierFolder } from '../support/verifier-folder.ts';

const ASKED = 'What are the side effects of ibuprofen?';
const REWORDED = 'Which side effects does ibuprofen have?';
const only = { cache: 'only' };

const refusing = verifierFolder('refusing', -50);
afterAll(() => rmSync(refusing, { recursive: true }));

describeModes(
  (t) => {
    const ask = (question: string, nearhit: object = {}) =>
      t.gateway.ask(question, { nearhit: { namespace: 'n', ...nearhit } });
    const explain = async (question: string) => {
      const body = { model: 'm', messages: [{ role: 'user', content: question }], nearhit: { namespace: 'n' } };
      return (await t.gateway.admin('POST', '/explain', body)).json;
    };
    const counted = async (outcome: string) => {
      const { text } = await t.gateway.send('GET', '/metrics');
      return Number(new RegExp(`^nearhit_network_pairs_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
    };
    const decisionOf = async (requestId: string | undefined) => {
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
      let found: any;
      await until('it is written down', async () => {
        const { decisions } = (await t.gateway.admin('GET', '/decisions?limit=50')).json;
        found = decisions.find((one: { requestId: string }) => one.requestId === requestId);
        return found !== undefined;
      });
      return found;
    };

    test('its word decides where the trees would have served, is recorded, explained and replayed', async () => {
      await ask(ASKED);
      await t.gateway.flush();
      // A network that has just been found may not have been there for the first look-up.
      await until('the network is heard', async () => {
        return 'logit' in ((await explain(REWORDED)).candidates[0]?.verifier.network ?? {});
      });
      const refused = await ask(REWORDED, only);
      expect(cacheOf(refused)).toMatchObject({ cache: 'miss', reason: 'verifier' });
      expect(await counted('heard')).toBeGreaterThan(0);
      const record = await decisionOf(refused.headers['x-request-id']);
      expect(record.basis.verified.version).toMatch(/\+refusing$/);
      expect(record.basis.candidates[0]).toMatchObject({
        verdict: 'verifier',
        network: { logit: expect.any(Number) },
      });
      const replayed = (await t.gateway.admin('POST', `/decisions/${refused.headers['x-request-id']}/replay`)).json;
      expect(replayed).toMatchObject({ same: true, differs: [] });
      const { verifier, candidates } = await explain(REWORDED);
      expect(verifier.version).toMatch(/\+refusing$/);
      expect(candidates[0].verifier).toMatchObject({
        probability: candidates[0].probability,
        network: record.basis.candidates[0].network,
      });
    });

    test('a script that it can not read stays with the trees', async () => {
      const [stored, asked] = ['Làm thế nào để đổi mật khẩu của tôi?', 'Làm sao để đổi mật khẩu của tôi?'];
      await ask(stored);
      await t.gateway.flush();
      const { candidates } = await explain(asked);
      expect(candidates[0].verifier).toMatchObject({ network: { silent: 'script' } });
    });

    test('whatever is asked, nothing fails', async () => {
      const questions = [
        '',
        'a',
        '😀👩‍👩‍👧‍👦',
        '\0\0',
        'word '.repeat(20_000),
        '12 34 56',
        'مرحبا بالعالم',
        'why \ud83d?',
      ];
      for (const question of questions) {
        const { status } = await ask(`${question}${ASKED}`);
        expect(status).toBe(200);
        expect((await ask(`${ASKED} ${question}`, {})).status).toBe(200);
      }
    });
  },
  { OPENAI_API_KEY: 'sk-house', VERIFIER_DIR: refusing },
);
