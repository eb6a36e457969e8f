import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../failures.ts';

/** What takes a limit off. commander makes an empty text of null. */
const NONE = 'none';
type OrNone<T> = T | typeof NONE;

/** As commander reads them. */
export interface LimitOptions {
  readonly rpm?: OrNone<number>;
  readonly tpm?: OrNone<number>;
  readonly concurrent?: OrNone<number>;
  readonly budgetDay?: OrNone<number>;
  readonly budgetMonth?: OrNone<number>;
}

export interface GrantOptions {
  readonly model?: readonly string[];
  readonly namespace?: readonly string[];
  readonly feature?: readonly string[];
  readonly thresholdFloor?: OrNone<number>;
  readonly cacheRead?: boolean;
  readonly cacheWrite?: boolean;
  readonly expires?: string;
  readonly upstreamKey?: readonly string[];
}

const number =
  (what: string, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): OrNone<number> => {
    if (text === NONE) return NONE;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value <= max) return value;
    throw new InvalidArgumentError(`Expected ${what}, or none.`);
  };

function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('Expected yes or no.');
  return text === 'yes';
}

const collected = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
];

export function withLimits(command: Command): Command {
  return command
    .option('--rpm <number>', 'requests per minute', number('a number'))
    .option('--tpm <number>', 'tokens per minute', number('a number'))
    .option('--concurrent <number>', 'requests at once', number('a number'))
    .option('--budget-day <usd>', 'USD per day, UTC', number('an amount of USD'))
    .option('--budget-month <usd>', 'USD per calendar month, UTC', number('an amount of USD'));
}

export function withGrants(command: Command): Command {
  return command
    .option('--model <name>', 'only these models, by commas or given again; `gpt-4o*`: all that begin so', collected)
    .option('--namespace <name>', 'only these namespaces', collected)
    .option('--feature <name>', 'only these: chat, embeddings, batches, files, messages, responses, models', collected)
    .option('--threshold-floor <similarity>', 'requests can’t go below it', number('a similarity from 0 to 1', 1))
    .option('--cache-read <yes|no>', 'no: always answered from upstream', yesOrNo)
    .option('--cache-write <yes|no>', 'no: gets hits, and its answers are never stored for others', yesOrNo)
    .option('--expires <time>', '2027-01-31, or 2027-01-31T12:00:00Z')
    .option(
      '--upstream-key <provider=VARIABLE>',
      'credential of its own for a provider, taken from an environment variable; `provider=` takes it away',
      collected,
    );
}

export function limitsOf({ rpm, tpm, concurrent, budgetDay, budgetMonth }: LimitOptions) {
  return defined({ rpm, tpm, concurrent, budgetUsdDay: budgetDay, budgetUsdMonth: budgetMonth });
}

/** `none` among the names: all of them. */
export function grantsOf(options: GrantOptions, env: Readonly<Record<string, string | undefined>>) {
  const { model, namespace, feature, thresholdFloor, cacheRead, cacheWrite, expires, upstreamKey } = options;
  const names = (given: readonly string[] | undefined) => (given?.includes(NONE) ? null : given);
  return defined({
    ...{ models: names(model), namespaces: names(namespace), features: names(feature), thresholdFloor },
    ...{ cacheRead, cacheWrite },
    ...{ expiresAt: expires, upstreamKeys: upstreamKey && credentials(upstreamKey, env) },
  });
}

/** Everybody on a machine can read a command line: a credential comes from a variable. */
function credentials(given: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(
    given.map((text): [string, string | null] => {
      const [, provider, name] = /^([^=]+)=([A-Za-z_]\w*)?$/.exec(text) ?? [];
      if (provider === undefined)
        throw new UsageError('--upstream-key: expected provider=VARIABLE, with the name of an environment variable.');
      if (name === undefined) return [provider, null];
      const value = env[name];
      if (value === undefined || value === '') throw new UsageError(`The environment variable ${name} is not set.`);
      return [provider, value];
    }),
  );
}

type Defined<T> = { [F in keyof T]?: Exclude<T[F], undefined | typeof NONE> | null };

/** Null for `none`, which takes a field off. */
function defined<T extends object>(fields: T): Defined<T> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, value === NONE ? null : value])) as Defined<T>;
}

/** What a schema says against it, in one line each. Throws UsageError. */
export function checked<T>(schema: { safeParse(value: unknown): Parsed<T> }, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n         '),
  );
}

type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | {
      readonly success: false;
      readonly error: {
        readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
      };
    };
