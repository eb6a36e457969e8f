import { ERRORS } from '@nearhit/core';
import { z } from 'zod';
import { CSRF_HEADER, SESSION_COOKIE } from '../session/session.ts';
import type { Operation } from './operation.ts';
import { errorAnswer } from './schemas.ts';
import { SIGNATURE_HEADER } from './signature.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of these operations, from the schemas that they are checked with. */
export function openApiOf(operations: readonly Operation[], info: { version: string }): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'nearhit admin plane',
      version: info.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/admin/v1' }],
    security: [{ adminToken: [] }, { session: [], csrf: [] }],
    paths,
    components: {
      securitySchemes: {
        adminToken: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
        csrf: {
          ...{ type: 'apiKey', in: 'header', name: CSRF_HEADER },
          description: 'Beside the session, for what is neither GET nor HEAD.',
        },
        signature: {
          ...{ type: 'apiKey', in: 'header', name: SIGNATURE_HEADER },
          description: '`t=<seconds since 1970>,sha256=<hex>`: HMAC-SHA256 over `<t>.<raw body>`.',
        },
      },
      schemas: { Error: jsonSchema(errorAnswer, 'output') },
      responses: { Error: { description: errorList(), content: json({ $ref: '#/components/schemas/Error' }) } },
    },
  };
}

function describe(operation: Operation): Json {
  const { id, summary, params, query, body, server, optionalBody } = operation;
  const parameters = [...parametersOf(params, 'path'), ...parametersOf(query, 'query')];
  return {
    operationId: id,
    summary,
    ...(server !== undefined && { servers: [{ url: server }] }),
    ...securityOf(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: optionalBody !== true, content: requestOf(operation, jsonSchema(body, 'input')) },
    }),
    responses: {
      ...(operation.answer === undefined
        ? { 204: { description: 'Done.' } }
        : { 200: { description: 'Done.', content: contentOf(operation, operation.answer) } }),
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function parametersOf(schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties, required } = jsonSchema(schema, 'input') as {
    properties: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === 'path' || (required?.includes(name) ?? false),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, override: typeCoerced }) as Json;
  return rest;
}

/** zod has no type for what it coerces, because anything may come in; here it is the text of a whole number. */
function typeCoerced({ zodSchema, jsonSchema: made }: { zodSchema: z.core.$ZodTypes; jsonSchema: Json }): void {
  const { def } = zodSchema._zod;
  if (def.type === 'number' && (def as { coerce?: boolean }).coerce === true) made.type ??= 'integer';
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

const TEXT: Json = { schema: { type: 'string' } };

function contentOf({ answerType, csv, lines }: Operation, answer: z.ZodType): Json {
  const schema = jsonSchema(answer, 'output');
  if (answerType !== undefined) return { [answerType]: { schema } };
  return {
    ...json(schema),
    ...(csv !== undefined && { 'text/csv': TEXT }),
    ...(lines !== undefined && { 'application/x-ndjson': TEXT }),
  };
}

function requestOf({ bodyType }: Operation, schema: Json): Json {
  return bodyType === undefined ? json(schema) : { [bodyType]: { schema } };
}

function securityOf({ signed, access }: Operation): Json {
  if (access === 'anyone') return { security: [] };
  if (access === 'session') return { security: [{ session: [] }] };
  return signed === true ? { security: [{ adminToken: [] }, { session: [], csrf: [] }, { signature: [] }] } : {};
}

function errorList(): string {
  const statuses = [...new Set(Object.values(ERRORS).map(({ status }) => status))].sort((a, b) => a - b);
  return `OpenAI's error object. Statuses: ${statuses.join(', ')}.`;
}
