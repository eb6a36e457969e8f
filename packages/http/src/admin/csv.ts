import { stringify } from 'csv-stringify/sync';

export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/**
 * RFC 4180, with a heading. A text that a spreadsheet would take for a formula begins with an apostrophe; an absent value
 * is an empty field.
 */
export function csvOf({ columns, rows }: CsvTable): string {
  return stringify([...rows], {
    columns: [...columns],
    header: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { number: plainNumber, boolean: String },
  });
}

/** 1e-7 is a text to some that read it. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}
