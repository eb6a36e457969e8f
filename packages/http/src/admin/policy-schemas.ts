import { type PolicyPatch, policySchema } from '@nearhit/core';
import { z } from 'zod';
import { model, namespace } from './schemas.ts';

export const namespaceParams = z.strictObject({ namespace });
export const namespaceModelParams = z.strictObject({ namespace, model });

const aliases = { entriesMax: policySchema.shape.maxEntries, bytesMax: policySchema.shape.maxBytes };

/** The policy fields with two other spellings. */
export const policyBody = z
  .strictObject({ ...policySchema.shape, ...aliases })
  .transform((body): PolicyPatch => rename(body));

type Nullable<S extends Record<string, z.ZodType>> = { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> };

function nullable<S extends Record<string, z.ZodType>>(shape: S): Nullable<S> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, field.nullable().optional()]),
  ) as unknown as Nullable<S>;
}

/** Null takes a field back to what it inherits. */
export const policyPatchBody = z
  .strictObject(nullable({ ...policySchema.shape, ...aliases }))
  .transform((body) => rename(body));

function rename<T extends { entriesMax?: unknown; bytesMax?: unknown }>(body: T) {
  const { entriesMax, bytesMax, ...fields } = body;
  return {
    ...fields,
    ...(entriesMax !== undefined && { maxEntries: entriesMax }),
    ...(bytesMax !== undefined && { maxBytes: bytesMax }),
  } as Omit<T, 'entriesMax' | 'bytesMax'>;
}

/** The fields in force, and beside them where they come from. */
export const policyAnswer = z.object({
  namespace: z.string(),
  model: z.string().nullable(),
  ...policySchema.shape,
  own: policySchema.describe('Set at exactly this level; the rest is inherited.'),
  origin: z
    .record(z.string(), z.string())
    .describe('Per field, who set it: `built-in`, `file:default`, `admin:support/gpt-4o` ...'),
  warnings: z.array(z.string()).optional().describe('What is unsafe about it.'),
});
export const policiesAnswer = z.object({ policies: z.array(policyAnswer) });

export type PolicyAnswer = z.infer<typeof policyAnswer>;
export type PolicyBody = z.input<typeof policyBody>;
export type PolicyPatchBody = z.input<typeof policyPatchBody>;
