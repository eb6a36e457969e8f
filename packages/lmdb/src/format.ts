import { int48 } from './keys.ts';
import { readNumber } from './rows.ts';
import type { Root, Table } from './tables.ts';
import { Plan } from './writer.ts';

/** Of the tables (tables.ts), the head's fields and the answers' dictionary. */
export const FORMAT = 1;

/** Lifts a folder from the format of its place in the list (the first one: from 1) to the next. */
export type Migration = (root: Root, plan: Plan) => void;

const MIGRATIONS: readonly Migration[] = [];
const KEY = Buffer.from('format');

/**
 * Brings a folder to this version's format, each step in a transaction of its own together with the new number.
 * Throws an Error with one clear line when the folder is of a newer one; it is left as it is.
 */
export async function bringToFormat(
  root: Root,
  meta: Table,
  dir: string,
  { format = FORMAT, migrations = MIGRATIONS }: { format?: number; migrations?: readonly Migration[] } = {},
): Promise<void> {
  const found = readNumber(meta, KEY);
  if (found > format) {
    throw new Error(
      `data folder ${dir} was written by a newer nearhit (format ${found}, this one knows ${format}): ` +
        'upgrade nearhit, or choose another folder with NEARHIT_DATA_DIR',
    );
  }
  if (found === 0) await meta.put(KEY, int48(format));
  for (let at = found; at > 0 && at < format; at++) {
    const plan = new Plan();
    migrations[at - 1]?.(root, plan);
    plan.put(meta, KEY, int48(at + 1));
    await root.batch(() => plan.apply());
    root.resetReadTxn();
  }
}
