import type { ProviderStatus } from '@nearhit/core';
import type { Secret } from '@nearhit/runtime';

export interface BannerFacts {
  readonly url: string;
  readonly providers: readonly ProviderStatus[];
  readonly admin: Secret;
  /** Where the answers are: a folder, or Redis. */
  readonly data: string;
  readonly embeddingModel: string;
  readonly entries: number;
  readonly startMs: number;
}

/** What a newcomer needs to see after `npm start`. */
export function banner(facts: BannerFacts): string {
  const live = facts.providers.map(({ id, kind, baseUrl }) =>
    kind === 'demo' ? `${id} (built in, no key needed)` : `${id} (${baseUrl})`,
  );
  const token = facts.admin.fresh
    ? `${facts.admin.secret}\n                kept in ${facts.admin.file}; it is not printed again`
    : (facts.admin.file ?? 'as configured (NEARHIT_ADMIN_TOKEN)');
  return [
    '',
    `  nearhit is ready on ${facts.url} (after ${(facts.startMs / 1000).toFixed(1)} s)`,
    '',
    `  providers     ${live.join(', ')}`,
    `  OpenAI API    ${facts.url}/v1`,
    `  dashboard     ${facts.url}/dashboard`,
    `  admin API     ${facts.url}/admin/v1 (OpenAPI: /admin/v1/openapi.json)`,
    `  admin token   ${token}`,
    `  data          ${facts.data} (${facts.entries} answers), embedding model ${facts.embeddingModel}`,
    '',
    `  try           curl ${facts.url}/v1/chat/completions -H 'content-type: application/json' \\`,
    `                  -d '{"model":"demo","messages":[{"role":"user","content":"How do I reset my password?"}]}' -i`,
    '',
  ].join('\n');
}
