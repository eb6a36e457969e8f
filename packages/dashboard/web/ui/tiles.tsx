import type { ComponentChildren } from 'preact';

export interface Tile {
  readonly name: string;
  readonly figure: string;
  /** A word to it. */
  readonly beside?: ComponentChildren;
}

/** The figures that are looked at first. */
export function Tiles({ tiles }: { readonly tiles: readonly Tile[] }) {
  return (
    <dl class="tiles" style={{ '--tiles': tiles.length }}>
      {tiles.map(({ name, figure, beside }) => (
        <div key={name} class="tile">
          <dt>{name}</dt>
          <dd class="figure">{figure}</dd>
          <dd class="beside">{beside}</dd>
        </div>
      ))}
    </dl>
  );
}
