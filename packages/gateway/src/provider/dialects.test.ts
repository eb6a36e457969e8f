import { anthropicFake } from '../conformance/anthropic-fake.ts';
import { gateway, openAi } from '../conformance/config.ts';
import { dialectConformance } from '../conformance/dialect.conformance.ts';
import { type FakeDialect, saying } from '../conformance/fake-dialect.ts';
import { geminiFake } from '../conformance/gemini-fake.ts';
import { azureFake, openAiFake } from '../conformance/openai-fake.ts';
import { type Origin, startOrigin } from '../conformance/origin.ts';
import { providerConformance } from '../conformance/provider.conformance.ts';
import { createUpstream } from '../upstream.ts';

const root = (origin: Origin) => new URL(origin.url).origin;
const DIALECTS: [FakeDialect, (origin: Origin) => { baseUrl: string; apiVersion?: string }][] = [
  [openAiFake, (origin) => ({ baseUrl: origin.url })],
  [anthropicFake, (origin) => ({ baseUrl: origin.url })],
  [geminiFake, (origin) => ({ baseUrl: `${root(origin)}/v1beta` })],
  [azureFake, (origin) => ({ baseUrl: root(origin), apiVersion: '2024-10-21' })],
];

for (const [dialect, config] of DIALECTS) {
  dialectConformance(dialect, config);

  providerConformance(dialect.kind, async () => {
    const origin = await startOrigin(saying(dialect, { text: 'Five pieces of text at least.' }));
    const upstream = createUpstream(gateway([openAi('', { kind: dialect.kind, ...config(origin) })]));
    const close = async () => {
      await upstream.close();
      await origin.close();
    };
    return { upstream, model: 'gpt-4o', close };
  });
}
