// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to variables are what is tested
import { describe, expect, test } from '@jest/globals';
import { faults, load } from '../test/folder.ts';

describe('${ENV} in the file', () => {
  test('in any scalar, in parts of one, quoted or not, with defaults and escapes', () => {
    const yaml = [
      'server: { host: "${HOST_X}", adminToken: a-${A}-${B:-b, c}-$${A} } # ${NOT_EVEN_SET}',
      'providers:',
      '  - { id: x, baseUrl: "${SCHEME:-http}://h/v1", apiKeys: [ ${A}, \'${EMPTY:-e}\' ] }',
    ].join('\n');
    const config = load(yaml, { HOST_X: '::1', A: 'x: [y', EMPTY: '' });
    expect(config.server).toMatchObject({ host: '::1', adminToken: 'a-x: [y-b, c-${A}' });
    expect(config.providers[0]).toMatchObject({ baseUrl: 'http://h/v1', apiKeys: ['x: [y', 'e'] });
  });

  test('unquoted, it may be a number where one is wanted, and stays text where text is wanted', () => {
    const yaml =
      'server: { port: ${P}, adminToken: ${P} }\npolicies: { default: { threshold: ${T:-0.5}, semantic: ${S} } }';
    const config = load(yaml, { P: '81', S: 'false' });
    expect(config.server).toMatchObject({ port: 81, adminToken: '81' });
    expect(config.policies.default).toEqual({ threshold: 0.5, semantic: false });
  });

  test('a secret that is empty is none', () => {
    const config = load('server: { adminToken: ${T:-} }\nproviders: [{ id: a, apiKeys: [ ${K:-}, b ] }]');
    expect(config.server.adminToken).toBeUndefined();
    expect(config.providers[0]?.apiKeys).toEqual(['b']);
  });

  test('a variable that is not set: a fault for each, at its place', () => {
    const yaml = 'server:\n  adminToken: ${NO_TOKEN}\nproviders:\n  - { id: a, apiKeys: [ ${NO_KEY} ] }\n';
    expect(faults(yaml)).toEqual([
      'nearhit.yaml:2:15 server.adminToken: environment variable NO_TOKEN is not set; set it, or give a default: ${NO_TOKEN:-...}',
      'nearhit.yaml:4:25 providers[0].apiKeys[0]: environment variable NO_KEY is not set; set it, or give a default: ${NO_KEY:-...}',
    ]);
  });

  test('a value never shows in a fault, and brings no keys of its own', () => {
    const env = { SECRET: 'top secret', EVIL: 'x }\nauth: required\nserver: { port: 1' };
    const [fault] = faults('server: { port: ${SECRET} }', env);
    expect(fault).toBe(
      'nearhit.yaml:1:17 server.port: expected an integer from 0 to 65535, got what ${SECRET} stands for',
    );
    const config = load('auth: optional\nserver: { host: ${EVIL} }', env);
    expect(config.server).toMatchObject({ host: env.EVIL, port: 8080 });
    expect(config.auth).toBe('optional');
    expect(faults('providers: [{ id: a, apiKeys: sk-plain }]').join()).not.toContain('sk-plain');
  });

  test('a half-written reference and a key', () => {
    expect(faults('server:\n  host: ${}\n')[0]).toMatch(/^nearhit\.yaml:2:9 server\.host: \$\{ must be followed/);
    expect(faults('${KEY}: 1\n', { KEY: 'auth' })[0]).toMatch(/a key can not come from the environment/);
  });
});
