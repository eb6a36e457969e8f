import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly number?: boolean;
  /** What the row is called. */
  readonly heads?: boolean;
  /** The heading is only read out. */
  readonly quiet?: boolean;
}

interface TableProps<Row> {
  /** Read out before the table. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll with the keyboard, too
    <section class="table-wrap" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, number, quiet }) => (
              <th key={title} scope="col" class={number === true ? 'number' : undefined}>
                {quiet === true ? <span class="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <Cell key={column.title} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell<Row>({ column: { cell, number, heads }, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const className = number === true ? 'number' : undefined;
  if (heads === true)
    return (
      <th scope="row" class={className}>
        {cell(row)}
      </th>
    );
  return <td class={className}>{cell(row)}</td>;
}
