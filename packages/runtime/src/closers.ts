interface Closable {
  close(): unknown;
}

/** What was opened, to be closed in reverse order; also when only a part could be opened. */
export class Closers {
  readonly #opened: Closable[] = [];

  add<T extends Closable>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  /** One that fails keeps none of the others open; the first failure is thrown when all are closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const opened of this.#opened.splice(0).reverse()) {
      try {
        await opened.close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
