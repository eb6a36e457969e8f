import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** JSON Schema (2020-12) of nearhit.yaml, for editors and for the reference in docs/. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // For messages about faults only.
      delete jsonSchema.expected;
    },
  });
  return { ...schema, title: 'nearhit.yaml' };
}
