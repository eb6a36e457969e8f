import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Io } from './io.ts';

type Style = Parameters<typeof styleText>[0];

export type Cell = string | number;
export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
);

/** Writes answers: text for people, or one JSON document. Colours only where somebody sees them. */
export class Output {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  json(value: unknown): void {
    this.#io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  line(text = ''): void {
    this.#io.stdout.write(`${text}\n`);
  }

  table(columns: readonly Column[], rows: readonly (readonly Cell[])[], indent = 2): void {
    const table = new Table({
      head: columns.map(({ head }) => this.style('dim', head)),
      colAligns: columns.map(({ align }) => align ?? 'left'),
      chars: { ...NO_BORDERS, middle: '  ' },
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    });
    for (const row of rows) table.push([...row]);
    for (const line of table.toString().split('\n')) this.line(`${' '.repeat(indent)}${line}`.trimEnd());
  }

  /** Name and value under each other; rows without a value are left out. */
  facts(rows: readonly (readonly [string, string | undefined])[]): void {
    const width = Math.max(...rows.map(([name]) => name.length)) + 2;
    for (const [name, value] of rows)
      if (value !== undefined) this.line(`  ${this.style('dim', name.padEnd(width))}${value}`);
  }

  title(text: string): void {
    this.line(this.style('bold', text));
  }

  style(style: Style, text: string): string {
    return text === '' ? text : styleText(style, text, { stream: this.#io.stdout });
  }
}
