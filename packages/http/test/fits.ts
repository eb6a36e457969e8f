import { expect } from '@jest/globals';
import type { z } from 'zod';

/** The answer is all that the schema promises, and nothing beside it. */
export function fits(schema: z.ZodType, body: unknown): void {
  expect(schema.parse(body)).toEqual(body);
}
