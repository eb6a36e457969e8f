import type { Root, Table } from './tables.ts';

interface Write {
  readonly table: Table;
  readonly key: Buffer;
  /** Absent: remove. */
  readonly value: Buffer | undefined;
  readonly append: boolean;
}

const APPEND = { append: true };

/** What one transaction will write. */
export class Plan {
  readonly #writes: Write[] = [];

  put(table: Table, key: Buffer, value: Buffer): void {
    this.#writes.push({ table, key, value, append: false });
  }

  /** For a key above all that the table has held: pages are filled to the end instead of being split in halves. */
  append(table: Table, key: Buffer, value: Buffer): void {
    this.#writes.push({ table, key, value, append: true });
  }

  remove(table: Table, key: Buffer): void {
    this.#writes.push({ table, key, value: undefined, append: false });
  }

  get empty(): boolean {
    return this.#writes.length === 0;
  }

  apply(): void {
    for (const { table, key, value, append } of this.#writes) {
      if (value === undefined) table.remove(key);
      // lmdb-js takes the options here too; its types know them for putSync only.
      else if (append) table.put(key, value, APPEND as unknown as number).catch(ignore);
      else table.put(key, value);
    }
  }
}

/**
 * One writer, one transaction at a time. What a transaction rests on is read just before, with all earlier ones done,
 * so reads and writes belong together although the writing itself happens on LMDB's own thread. (lmdb-js's transaction
 * callbacks would block this thread for as long, and partly done ones are committed when they throw.)
 */
export class Writer {
  readonly #root: Root;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(root: Root) {
    this.#root = root;
  }

  /** Resolves when what `prepare` planned is committed and synced to disk, all of it or nothing. */
  run<T>(prepare: (plan: Plan) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'));
    const done = this.#tail.then(() => this.#commit(prepare));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  assertOpen(): void {
    if (this.#closed) throw new Error('the store is closed');
  }

  /** Takes no more, resolves when all is written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
  }

  async #commit<T>(prepare: (plan: Plan) => T): Promise<T> {
    this.#root.resetReadTxn();
    const plan = new Plan();
    const result = prepare(plan);
    if (plan.empty) return result;
    try {
      await this.#root.batch(() => plan.apply());
    } catch (error) {
      throw await commitFailure(error);
    }
    this.#root.resetReadTxn();
    return result;
  }
}

/** The batch reports the failure for all its writes. */
function ignore(): void {}

/** lmdb-js hides the reason in a promise of its own, which nobody else waits for. */
async function commitFailure(error: unknown): Promise<Error> {
  const reason = (error as { commitError?: Promise<never> }).commitError;
  const cause: unknown = reason === undefined ? error : await reason.catch((hidden: unknown) => hidden);
  return new Error(`the store could not write (disk full or failing?): ${(cause as Error).message}`, { cause });
}
