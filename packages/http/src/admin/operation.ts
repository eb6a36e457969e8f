import type { IncomingHttpHeaders } from 'node:http';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Method } from '../routes.ts';
import type { CsvTable } from './csv.ts';

/** One call of the admin plane: what the router serves and what the OpenAPI document says, in one place. */
export interface Operation {
  readonly method: Method;
  /** As OpenAPI writes it. A last `{model}` may contain slashes, plain or percent-encoded. */
  readonly path: string;
  /** Below what the path is. Default: the admin plane. */
  readonly server?: '/' | undefined;
  /** Who is let in, where that is not an operator. */
  readonly access?: 'anyone' | 'session' | undefined;
  readonly id: string;
  readonly summary: string;
  readonly params?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  /** The body goes to the handler as it came; whoever gets it checks it. */
  readonly rawBody?: boolean | undefined;
  /** Whoever has signed the body is let in, too. */
  readonly signed?: boolean | undefined;
  /** No body is the same as `{}`. */
  readonly optionalBody?: boolean | undefined;
  /** The body's media type, of one that `respond` reads by itself. */
  readonly bodyType?: string | undefined;
  /** Absent: 204. */
  readonly answer?: z.ZodType | undefined;
  /** The answer's media type, where it is not JSON: `answer` is then one item of it. */
  readonly answerType?: string | undefined;
  /** The answer as a table, for those who `Accept` text/csv rather than JSON. Absent: JSON only. */
  readonly csv?: ((answer: never) => CsvTable) | undefined;
  /** What of the answer makes a line of JSON each, for those who `Accept` application/x-ndjson rather than JSON. */
  readonly lines?: ((answer: never) => readonly unknown[]) | undefined;
  /** What a table, or lines, have no place for. */
  readonly headers?: ((answer: never) => Readonly<Record<string, string | undefined>>) | undefined;
  readonly handle?: ((input: Input<unknown, unknown, unknown>) => unknown) | undefined;
  /** Instead of `handle`: writes the response itself. */
  readonly respond?: ((input: Raw<unknown, unknown, unknown>) => unknown) | undefined;
}

interface Input<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly raw: Buffer;
  readonly headers: IncomingHttpHeaders;
}

interface Raw<P, Q, B> extends Input<P, Q, B> {
  readonly req: Request;
  readonly res: Response;
}

type Out<S> = S extends z.ZodType ? z.output<S> : undefined;

interface Typed<P, Q, B, A> extends Omit<Operation, 'params' | 'query' | 'body' | 'answer' | 'handle' | 'respond'> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer?: A;
  readonly handle?: (input: Input<Out<P>, Out<Q>, Out<B>>) => Done<A> | Promise<Done<A>>;
  readonly respond?: (input: Raw<Out<P>, Out<Q>, Out<B>>) => void | Promise<void>;
}

type Done<A> = A extends z.ZodType ? Loosen<z.output<A>> : unknown;
/** Handlers may answer read-only values. */
type Loosen<T> = T extends readonly (infer E)[]
  ? readonly Loosen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Loosen<T[K]> }
    : T;

/** Checks that a handler fits its schemas. */
export function operation<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(typed: Typed<P, Q, B, A>): Operation {
  return typed as unknown as Operation;
}
