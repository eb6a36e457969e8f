import { NAMESPACE_PATTERN } from '@nearhit/core';
import { z } from 'zod';

/** What the bodies of the admin plane have in common; each body has one schema, shared by server, client and OpenAPI. */

export const namespace = z
  .string()
  .regex(NAMESPACE_PATTERN, 'expected 1 to 128 characters out of A-Z a-z 0-9 . _ : -')
  .describe('A partition that never mixes with another.');
/** As a client names it; may contain slashes. */
export const model = z
  .string()
  .min(1)
  .max(256)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it keeps out
  .regex(/^[^\x00-\x1f\x7f]*$/, 'expected a name without control characters')
  .describe('A model as clients name it.');
export const tag = z.string().min(1).max(256);
export const cursor = z.string().min(1).max(512).describe('`cursor` of the page before.');
export const limit = z.coerce
  .number('expected a whole number from 1 to 1000')
  .int('expected a whole number from 1 to 1000')
  .min(1, 'expected a whole number from 1 to 1000')
  .max(1000, 'expected a whole number from 1 to 1000')
  .default(50);

export const count = z.number().int().min(0);
export const tokenUsage = z.object({
  promptTokens: z.number(),
  completionTokens: z.number(),
  estimated: z.boolean().optional(),
});

export const errorAnswer = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
