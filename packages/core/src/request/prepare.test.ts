import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_TENANT } from '../ids.ts';
import { PolicyService } from '../policy/service.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { prepare } from './prepare.ts';

const on = new PolicyService(createMemoryStore().policies, {});
const off = new PolicyService(createMemoryStore().policies, { default: { mode: 'off' } });
afterAll(() => {
  on.close();
  off.close();
});

const asked = (body: object, headers: Record<string, string>, policies: PolicyService, keylessWhenOff?: boolean) =>
  prepare(
    { body: Buffer.from(JSON.stringify(body)), headers, tenantOf: () => DEFAULT_TENANT, keylessWhenOff },
    policies,
  );

const body = (more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content: 'Is it open?' }], ...more });
const OFF = { 'x-nearhit-cache': 'off' };

test('a request past the cache gets no keys where nobody wants them, and is read as it is otherwise', () => {
  const whole = asked(body({ stream: true }), OFF, on);
  for (const [headers, policies] of [
    [OFF, on],
    [{}, off],
  ] as const) {
    const bare = asked(body({ stream: true }), headers, policies, true);
    expect(bare.id).toMatch(/^0{64}$/);
    expect(bare).toMatchObject({ model: 'm', query: 'Is it open?', stream: true, scope: whole.scope });
  }
  expect(whole.id).not.toMatch(/^0{64}$/);
  expect(asked(body(), {}, on, true).id).toBe(asked(body(), {}, on).id);
});

test('it may be as deep as others, and no deeper', () => {
  const place = fc.constantFrom('tools', 'metadata', 'x', 'messages');
  fc.assert(
    fc.property(fc.integer({ min: 50, max: 75 }), place, (depth, field) => {
      let value: unknown = 1;
      for (let level = 0; level < depth; level++) value = level % 2 === 0 ? { a: value } : [value];
      const deep = field === 'tools' ? [{ type: 'function', a: value }] : { a: value };
      const more =
        field === 'messages' ? { messages: [{ role: 'user', content: 'Is it open?', a: value }] } : { [field]: deep };
      const fault = (keyless: boolean): string => {
        try {
          asked(body(more), OFF, on, keyless);
          return '';
        } catch (error) {
          return String(error);
        }
      };
      expect(fault(true)).toBe(fault(false));
    }),
    { numRuns: 200 },
  );
});
