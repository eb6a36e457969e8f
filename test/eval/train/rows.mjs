import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** The rows of a JSONL file: pairs `{a, b, equivalent, kind?}` or stream rows `{prompt, group}`. */
export const readRows = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));

/** Name of a set: the file's, without its ending. */
export const setOf = (file) => basename(file).replace(/\.jsonl$/, '');

export const textsOf = (row) => [row.a, row.b, row.prompt].filter((text) => typeof text === 'string');
