import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, listen, nearhit } from '../test/cli.ts';

afterEach(closeAll);

const KEY = {
  ...{ id: 'key_1', name: 'support bot', tenant: 'acme', hint: 'nh_abcd...wxyz', status: 'active' },
  ...{ models: ['gpt-4o*'], namespaces: null, features: null, rpm: 60, tpm: null, concurrent: null },
  ...{ budgetUsdDay: null, budgetUsdMonth: 100, thresholdFloor: null, routing: null, expiresAt: null },
  ...{ cacheRead: true, cacheWrite: true },
  ...{ upstreamKeys: [], createdAt: '2026-11-30T00:00:00.000Z', revokedAt: null, graceUntil: null },
  use: {
    ...{ requestsThisMinute: 12, tokensThisMinute: 3400, inFlight: 0 },
    ...{ spentUsdDay: 0, spentUsdMonth: 42.5, reservedUsd: 0 },
  },
};
const TENANT = { ...KEY, id: 'acme', own: { rpm: 60 } };

/** An admin plane with one key and one tenant; remembers what it was asked. */
async function gateway() {
  const asked: string[] = [];
  const url = await listen((req, res, body) => {
    asked.push(`${req.method} ${req.url} ${body}`.trim());
    const isTenant = req.url?.includes('/tenants');
    const isList = req.method === 'GET' && /\/(keys|tenants)(\?|$)/.test(req.url ?? '');
    const isMade = req.method === 'POST';
    const one = isTenant ? TENANT : isMade ? { ...KEY, key: 'nh_the-secret' } : KEY;
    if (req.url?.includes('absent')) {
      const error = {
        message: 'There is no API key absent.',
        type: 'invalid_request_error',
        param: 'id',
        code: 'not_found',
      };
      res.writeHead(404).end(JSON.stringify({ error }));
    } else if (req.method === 'DELETE') res.writeHead(204).end();
    else res.end(JSON.stringify(isList ? { keys: [KEY], tenants: [TENANT] } : one));
  });
  const run = (...args: string[]) =>
    nearhit([...args, '--url', url, '--token', 't'], { env: { THEIR_KEY: 'sk-theirs' } });
  return { asked, run };
}

describe('keys', () => {
  test('create sends what is given, and prints the secret once, with a note beside it', async () => {
    const { asked, run } = await gateway();
    const flags =
      '--tenant acme --model gpt-4o*,m --model n --rpm 60 --budget-month 99.5 --feature chat --expires 2099-01-31 --cache-write no';
    const { code, stdout, stderr } = await run(
      'keys',
      'create',
      'support bot',
      ...flags.split(' '),
      '--upstream-key',
      'openai=THEIR_KEY',
    );
    expect(code).toBe(0);
    const [, , body] = /^(POST \S+) (.*)$/.exec(asked[0] ?? '') ?? [];
    expect(JSON.parse(body ?? '')).toEqual({
      ...{ name: 'support bot', tenant: 'acme', models: ['gpt-4o*', 'm', 'n'], rpm: 60, budgetUsdMonth: 99.5 },
      cacheWrite: false,
      ...{ features: ['chat'], expiresAt: '2099-01-31', upstreamKeys: { openai: 'sk-theirs' } },
    });
    expect(stdout.split('nh_the-secret')).toHaveLength(2);
    expect(stdout).toMatch(/spent this month +\$42\.50 of \$100\.00/);
    expect(stderr).toContain('the only time');
    expect(stdout).not.toContain('sk-theirs');
  });

  test('--json has the secret in `key`, and nothing else on stdout', async () => {
    const { run } = await gateway();
    const { stdout } = await run('keys', 'rotate', 'key_1', '--grace', '60', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ id: 'key_1', key: 'nh_the-secret' });
  });

  test('list, show, update, revoke, rotate and delete', async () => {
    const { asked, run } = await gateway();
    expect((await run('keys', 'list', '--tenant', 'acme')).stdout).toMatch(
      /key_1 +support bot +acme .* 12 \/ 60 +3,400/,
    );
    expect((await run('keys', 'show', 'key_1')).stdout).toMatch(/requests this minute +12 of 60/);
    await run('keys', 'update', 'key_1', '--rpm', 'none', '--model', 'none', '--upstream-key', 'openai=');
    await run('keys', 'revoke', 'key_1');
    await run('keys', 'rotate', 'key_1');
    expect((await run('keys', 'delete', 'key_1')).stdout).toBe('key_1 is deleted.\n');
    expect(asked).toEqual([
      'GET /admin/v1/keys?tenant=acme&limit=1000',
      'GET /admin/v1/keys/key_1',
      'PATCH /admin/v1/keys/key_1 {"models":null,"rpm":null,"upstreamKeys":{"openai":null}}',
      'PATCH /admin/v1/keys/key_1 {"revoked":true}',
      'POST /admin/v1/keys/key_1/rotate {"graceSeconds":0}',
      'DELETE /admin/v1/keys/key_1',
    ]);
  });

  test('a key that is not there', async () => {
    const { run } = await gateway();
    const { code, stderr } = await run('keys', 'show', 'absent');
    expect([code, stderr]).toEqual([1, 'nearhit: There is no API key absent.\n']);
  });

  test.each([
    [['keys', 'create'], "missing required argument 'name'"],
    [['keys', 'create', 'n', '--rpm', 'many'], 'Expected a number, or none'],
    [['keys', 'create', 'n', '--rpm', '1.5'], 'rpm: '],
    [['keys', 'create', 'n', '--feature', 'everything'], 'features.0: '],
    [['keys', 'create', 'n', '--expires', 'tomorrow'], 'expiresAt: expected a time'],
    [['keys', 'create', 'n', '--threshold-floor', '2'], 'a similarity from 0 to 1'],
    [['keys', 'create', 'n', '--upstream-key', 'sk-plain'], 'expected provider=VARIABLE'],
    [['keys', 'create', 'n', '--upstream-key', 'openai=ABSENT'], 'ABSENT is not set'],
    [['keys', 'update', 'key_1'], 'Nothing to change'],
    [['keys', 'rotate', 'key_1', '--grace', '-1'], 'from 0 to 2592000'],
    [['tenants', 'set', 'acme'], 'Nothing to set'],
  ])('%j is wrong: exit code 2, and nothing is asked', async (args, why) => {
    const { asked, run } = await gateway();
    const { code, stderr } = await run(...args);
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toContain(why);
    expect(stderr).not.toContain('sk-plain');
  });
});

test('tenants', async () => {
  const { asked, run } = await gateway();
  expect((await run('tenants', 'list')).stdout).toMatch(/acme +12 \/ 60/);
  expect((await run('tenants', 'show', 'acme')).stdout).toMatch(/spent this month +\$42\.50 of \$100\.00/);
  await run('tenants', 'set', 'acme', '--tpm', 'none', '--concurrent', '5');
  const unset = await run('tenants', 'unset', 'acme', '--json');
  expect(JSON.parse(unset.stdout)).toMatchObject({ id: 'acme' });
  expect(asked.slice(2)).toEqual([
    'GET /admin/v1/tenants/acme',
    'PUT /admin/v1/tenants/acme {"rpm":60,"tpm":null,"concurrent":5}',
    'DELETE /admin/v1/tenants/acme',
    'GET /admin/v1/tenants/acme',
  ]);
});
