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

  async close(): Promise<void> {
    for (const opened of this.#opened.splice(0).reverse()) await opened.close();
  }
}
