import { z } from 'zod';

/** Cache policy: the same fields in `nearhit.yaml` and in the admin API. Every field is optional at every level. */
export const policySchema = z.strictObject({
  threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Cosine similarity at or above which a semantic hit may be served.'),
  maxErrorRate: z.number().min(0).max(1).optional().describe('Wrong answers allowed among semantic hits, as a share.'),
  guard: z.enum(['off', 'standard', 'strict']).optional().describe('Which differences of two questions refuse a hit.'),
  ttlSeconds: z.number().int().min(0).max(315_360_000).optional().describe('Life of an answer. 0: it is not stored.'),
  staleSeconds: z
    .number()
    .int()
    .min(0)
    .max(315_360_000)
    .optional()
    .describe('How long after its TTL an answer is kept to be served as `stale`.'),
  staleMode: z
    .enum(['if-error', 'while-revalidate'])
    .optional()
    .describe('When that is: only when every target has failed, or at once while a new answer is fetched.'),
  mode: z.enum(['on', 'off', 'shadow']).optional().describe('`shadow`: decide and record, but answer from upstream.'),
  semantic: z.boolean().optional().describe('False: exact repeats only.'),
  temperatureMax: z.number().min(0).max(2).optional().describe('Requests that set a higher one are not cached.'),
  volatile: z
    .enum(['bypass', 'ttl'])
    .optional()
    .describe('Time-sensitive questions: not cached, or cached for `volatileTtlSeconds`.'),
  volatileTtlSeconds: z.number().int().min(1).max(86_400).optional().describe('Life of their answers under `ttl`.'),
  contextMatch: z
    .enum(['exact', 'subset', 'ignore'])
    .optional()
    .describe('Which documents a request must name for an answer that rests on some.'),
  conversation: z
    .enum(['exact', 'semantic', 'last-user'])
    .optional()
    .describe('Earlier turns: all of them word for word, compared by meaning, or (unsafe) not looked at.'),
  storeLength: z.boolean().optional().describe('Store answers that stopped at the token limit.'),
  maxEntries: z.number().int().min(1).optional().describe('Answers kept, for each tenant and namespace.'),
  maxBytes: z.number().int().min(1024).optional().describe('Bytes kept, for each tenant and namespace.'),
  answerBytesMax: z
    .number()
    .int()
    .min(1024)
    .max(67_108_864)
    .optional()
    .describe('A longer answer is passed on and not stored.'),
  auditShare: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Share of the hits by meaning that is asked upstream once more, to compare both answers.'),
  auditBudgetUsdDay: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('What audits of a namespace may cost in a calendar day, UTC.'),
  auditJudge: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      "Who compares: `answers`, rules alone, or a model that is served here, asked where the rules can't tell.",
    ),
});

/** Some fields set, the rest inherited. */
export type PolicyPatch = z.infer<typeof policySchema>;
/** All fields in force. `maxErrorRate` stays absent until somebody sets it. */
export type Policy = Required<Omit<PolicyPatch, 'maxErrorRate'>> & Pick<PolicyPatch, 'maxErrorRate'>;

export const POLICY_DEFAULTS: Policy = Object.freeze({
  threshold: 0.9,
  guard: 'standard',
  ttlSeconds: 86_400,
  staleSeconds: 0,
  staleMode: 'if-error',
  mode: 'on',
  semantic: true,
  temperatureMax: 1,
  volatile: 'bypass',
  volatileTtlSeconds: 60,
  contextMatch: 'exact',
  conversation: 'exact',
  storeLength: false,
  maxEntries: 1_000_000,
  maxBytes: 8_589_934_592,
  answerBytesMax: 4_194_304,
  auditShare: 0,
  auditBudgetUsdDay: 1,
  auditJudge: 'answers',
});

/** What an operator should hear about a policy, wherever it is shown or set. */
export function policyWarnings({ conversation }: PolicyPatch): string[] {
  return conversation === 'last-user' ? [LAST_USER_WARNING] : [];
}

export const LAST_USER_WARNING =
  "conversation: last-user is unsafe: earlier turns are not looked at, so an answer that was given in one conversation is served in another. Use 'semantic' unless every question stands alone.";

export const POLICY_FIELDS = Object.keys(policySchema.shape) as (keyof PolicyPatch)[];
