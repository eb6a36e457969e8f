import { z } from 'zod';

/** Cache policy: the same fields in `nearhit.yaml` and in the admin API. Every field is optional at every level. */
export const policySchema = z.strictObject({
  /** Cosine similarity 0..1 at or above which a semantic hit may be served. */
  threshold: z.number().min(0).max(1).optional(),
  /** Wrong answers allowed among semantic hits, as a share. */
  maxErrorRate: z.number().min(0).max(1).optional(),
  guard: z.enum(['off', 'standard', 'strict']).optional(),
  /** 0 = do not store. */
  ttlSeconds: z.number().int().min(0).max(315_360_000).optional(),
  /** How long after its TTL an answer is kept to be served as `stale`. */
  staleSeconds: z.number().int().min(0).max(315_360_000).optional(),
  /** When what is kept past its TTL is served: only when every target has failed, or at once while a new answer is fetched. */
  staleMode: z.enum(['if-error', 'while-revalidate']).optional(),
  mode: z.enum(['on', 'off', 'shadow']).optional(),
  semantic: z.boolean().optional(),
  /** Requests that set a higher temperature are not cached. */
  temperatureMax: z.number().min(0).max(2).optional(),
  /** Time-sensitive questions: not cached, or cached for `volatileTtlSeconds`. */
  volatile: z.enum(['bypass', 'ttl']).optional(),
  volatileTtlSeconds: z.number().int().min(1).max(86_400).optional(),
  contextMatch: z.enum(['exact', 'subset', 'ignore']).optional(),
  /** Earlier turns: all of them word for word, compared by meaning, or (unsafe) not looked at. */
  conversation: z.enum(['exact', 'semantic', 'last-user']).optional(),
  /** Store answers that stopped at the token limit. */
  storeLength: z.boolean().optional(),
  /** Per tenant and namespace. */
  maxEntries: z.number().int().min(1).optional(),
  maxBytes: z.number().int().min(1024).optional(),
  /** A longer answer is passed on and not stored. */
  answerBytesMax: z.number().int().min(1024).max(67_108_864).optional(),
  /** Of the hits by meaning, so many are asked upstream once more, and both answers compared. 0..1. */
  auditShare: z.number().min(0).max(1).optional(),
  /** What audits of a namespace may cost in a calendar day, UTC. */
  auditBudgetUsdDay: z.number().min(0).max(1_000_000).optional(),
  /** Who compares: `answers`, rules alone, or a model that is served here, asked where the rules can't tell. */
  auditJudge: z.string().min(1).max(256).optional(),
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
