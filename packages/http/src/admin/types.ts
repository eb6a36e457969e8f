import type { z } from 'zod';
import type { entriesAnswer, entryAnswer, invalidateAnswer } from './entry-schemas.ts';
import type { keysAnswer, tenantsAnswer } from './key-schemas.ts';
import type { decisionsAnswer, modelsAnswer, providersAnswer, seriesAnswer, statsEvent } from './observe-schemas.ts';
import type { policiesAnswer } from './policy-schemas.ts';

/** What the admin plane takes and answers, as types alone: for pages and programs that bring a client of their own. */
export type { EntrySummary, InvalidateBody } from './entry-schemas.ts';
export type { CalibrationAnswer, FeedbackAnswer, FeedbackBody } from './evidence-schemas.ts';
export type { KeyAnswer, KeyBody, KeyPatchBody, MadeKeyAnswer, TenantAnswer, TenantBody } from './key-schemas.ts';
export type { StatusEvent } from './events/event-schemas.ts';
export type { StatsAnswer } from './observe-schemas.ts';
export type { PolicyAnswer, PolicyPatchBody } from './policy-schemas.ts';
export type { QueueAnswer, ServicesAnswer } from './service-schemas.ts';
export type { UsageAnswer } from './usage-schemas.ts';
export type DecisionsAnswer = z.infer<typeof decisionsAnswer>;
export type Decision = DecisionsAnswer['decisions'][number];
export type EntriesAnswer = z.infer<typeof entriesAnswer>;
export type EntryAnswer = z.infer<typeof entryAnswer>;
export type InvalidateAnswer = z.infer<typeof invalidateAnswer>;
export type KeysAnswer = z.infer<typeof keysAnswer>;
export type TenantsAnswer = z.infer<typeof tenantsAnswer>;
export type PoliciesAnswer = z.infer<typeof policiesAnswer>;
export type ProvidersAnswer = z.infer<typeof providersAnswer>;
export type ModelsAnswer = z.infer<typeof modelsAnswer>;
export type SeriesAnswer = z.infer<typeof seriesAnswer>;
export type StatsEvent = z.infer<typeof statsEvent>;
export type Figures = Omit<NonNullable<StatsEvent['recent']>, 'seconds'>;
