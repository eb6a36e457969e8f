import type { z } from 'zod';
import { indexSchema, queueSchema, redisSchema, servicesSchema } from './distributed.ts';
import { expectationOf } from './expectation.ts';
import type { ConfigFault } from './faults.ts';
import { cacheSchema, embeddingSchema, telemetrySchema } from './schema.ts';
import { hidden, shown } from './validate.ts';

const SECTIONS = {
  redis: redisSchema,
  services: servicesSchema,
  queue: queueSchema,
  index: indexSchema,
  cache: cacheSchema,
  embedding: embeddingSchema,
  telemetry: telemetrySchema,
} as const;
type Section = keyof typeof SECTIONS;

/** What stands in the environment instead of the file, by section. Every value has passed the file's own schema. */
export type Overrides = { readonly [S in Section]: Partial<z.output<(typeof SECTIONS)[S]>> };

interface Variable<S extends Section = Section> {
  readonly name: string;
  readonly section: S;
  readonly field: string;
  readonly as: 'text' | 'number' | 'list';
}

function variableFor<S extends Section>(
  name: string,
  section: S,
  field: keyof (typeof SECTIONS)[S]['shape'] & string,
  as: Variable['as'] = 'text',
): Variable {
  return { name, section, field, as };
}

const VARIABLES: readonly Variable[] = [
  variableFor('REDIS_URL', 'redis', 'url'),
  variableFor('REDIS_KEY_PREFIX', 'redis', 'keyPrefix'),
  variableFor('REDIS_CA_CERT', 'redis', 'caCertFile'),
  variableFor('EMBEDDING_URL', 'services', 'embeddingUrls', 'list'),
  variableFor('CACHE_URL', 'services', 'cacheUrls', 'list'),
  variableFor('NEARHIT_INTERNAL_TOKEN', 'services', 'internalToken'),
  variableFor('NEARHIT_INTERNAL_TOKEN_FILE', 'services', 'internalTokenFile'),
  variableFor('QUEUE_CONCURRENCY', 'queue', 'concurrency', 'number'),
  variableFor('QUEUE_RATE_PER_SECOND', 'queue', 'ratePerSecond', 'number'),
  variableFor('INDEX_BYTES_MAX', 'index', 'bytesMax', 'number'),
  variableFor('LOOKUP_TIMEOUT_MS', 'cache', 'lookupTimeoutMs', 'number'),
  variableFor('VERIFIER_DIR', 'cache', 'verifierDir'),
  variableFor('OTEL_EXPORTER_OTLP_ENDPOINT', 'telemetry', 'otlpEndpoint'),
  variableFor('OTEL_SERVICE_NAME', 'telemetry', 'serviceName'),
  variableFor('EMBEDDING_MODEL', 'embedding', 'model'),
  variableFor('EMBEDDING_THREADS', 'embedding', 'threads', 'number'),
];

export const VARIABLE_NAMES: readonly string[] = VARIABLES.map(({ name }) => name);

/** `textOf`: a variable's text, undefined when it is not set. */
export function readOverrides(textOf: (name: string) => string | undefined, faults: ConfigFault[]): Overrides {
  const overrides: Record<Section, Record<string, unknown>> = {
    ...{ redis: {}, services: {}, queue: {}, index: {}, cache: {}, embedding: {}, telemetry: {} },
  };
  for (const { name, section, field, as } of VARIABLES) {
    const text = textOf(name);
    if (text === undefined) continue;
    const schema = (SECTIONS[section].shape as Readonly<Record<string, z.ZodType>>)[field] as z.ZodType;
    const result = schema.safeParse(parsed(text, as));
    if (result.success) overrides[section][field] = result.data;
    else for (const issue of result.error.issues) faults.push(faultOf(name, [section, field], schema, text, issue));
  }
  return overrides as Overrides;
}

function parsed(text: string, as: Variable['as']): unknown {
  if (as === 'list') return text.split(',');
  if (as === 'number') return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
  return text;
}

function faultOf(
  name: string,
  path: readonly string[],
  schema: z.ZodType,
  text: string,
  issue: z.core.$ZodIssue,
): ConfigFault {
  const found = hidden(path) ? '' : `, got ${shown(parsed(text, 'number'))}`;
  const message = issue.code === 'custom' ? issue.message : `expected ${expectationOf(schema)}${found}`;
  return { where: 'environment', path: name, message };
}
