/** The client without the server: a program that only calls the admin plane does not load express. */
export type { CalibrationAnswer, FeedbackAnswer, PairsAnswer } from '../admin/evidence-schemas.ts';
export {
  type KeyAnswer,
  type KeyPatchBody,
  keyBody,
  keyPatchBody,
  type MadeKeyAnswer,
  type TenantAnswer,
  tenantBody,
} from '../admin/key-schemas.ts';
export type { StatsAnswer } from '../admin/observe-schemas.ts';
export { type PolicyAnswer, policyPatchBody } from '../admin/policy-schemas.ts';
export type { DeadLettersAnswer, QueueAnswer, ServicesAnswer } from '../admin/service-schemas.ts';
export type { ImportAnswer } from '../admin/transfer/transfer-schemas.ts';
export type { UsageAnswer, UsageRecordsAnswer } from '../admin/usage-schemas.ts';
export { type AdminClient, AdminClientError, type AdminClientOptions, createAdminClient } from './admin-client.ts';
export { type BatchAnswer, type BatchClient, createBatchClient } from './batch-client.ts';
export { createTransferClient, type TransferClient } from './transfer-client.ts';
