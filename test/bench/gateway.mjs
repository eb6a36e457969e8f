import { createKey } from './gateways.mjs';
import { openPortkey, portkeyHeaders } from './portkey.mjs';

/** Never reached: what is measured is that they are counted. */
const LIMITS = { rpm: 1_000_000_000, tpm: 1_000_000_000_000 };
const PRICE = '{ inputUsdPerMTok: 2.5, outputUsdPerMTok: 10 }';

/** Two targets that are one upstream, chosen by what they cost, how quick they are and how often they fail. */
const configOf = ({ origin }) => `providers:
  - { id: one, kind: openai, baseUrl: "${origin}/v1", apiKeys: [bench-one] }
  - { id: two, kind: openai, baseUrl: "${origin}/v1", apiKeys: [bench-two] }
models:
  - id: bench
    routing: balanced
    price: ${PRICE}
    targets:
      - { provider: one, model: bench }
      - { provider: two, model: bench }
`;
const NO_PROVIDER = { OPENAI_BASE_URL: '', OPENAI_API_KEY: '' };

/** The processes of the rows that compare gateways. `headers`: what a request to a target says beside its row's own. */
export async function openGatewayTargets(plan, { start, kept, say, upstream, nodeArgs }) {
  const targets = {};
  const headers = {};
  if (plan.needs('gwPlain')) targets.gwPlain = kept(await start('gw-plain', { nodeArgs }));
  if (plan.needs('gwFull')) {
    const full = kept(await start('gw-full', { nodeArgs, yaml: configOf(upstream), env: NO_PROVIDER }));
    targets.gwFull = full;
    headers.gwFull = {
      authorization: `Bearer ${await createKey(full, { name: 'bench', tenant: 'bench', ...LIMITS })}`,
    };
  }
  if (plan.needs('portkey')) {
    const portkey = await openPortkey(say);
    if (portkey !== undefined) {
      targets.portkey = kept(portkey);
      headers.portkey = portkeyHeaders(upstream.origin);
    }
  }
  return { targets, headers };
}
