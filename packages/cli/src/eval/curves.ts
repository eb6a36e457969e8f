import { percent } from '../format.ts';
import type { PolicyResult } from './policy-tally.ts';
import type { Setting } from './tally.ts';

/** A share of wrong hits and one of right hits, at one bar or threshold. */
interface Point {
  readonly wrong: number;
  readonly right: number;
  /** Shown at the point. */
  readonly label: string;
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [460, 280, 56, 16, 24, 36];
const [INNER_WIDTH, INNER_HEIGHT] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const known = (points: readonly { wrong: number | null; right: number | null; label: string }[]): Point[] =>
  points.filter((point): point is Point => point.wrong !== null && point.right !== null);

const x = (share: number): number => LEFT + share * INNER_WIDTH;
const y = (share: number): number => TOP + (1 - share) * INNER_HEIGHT;
const at = ({ wrong, right }: Point): string => `${x(wrong).toFixed(1)},${y(right).toFixed(1)}`;

/** Right hits over wrong hits: plain cosine at its thresholds, and the policy at the bars of its verifier. Undefined: one side is empty. */
export function curveOf(settings: readonly Setting[], policy: PolicyResult): string | undefined {
  const drawn = drawing(settings, policy);
  return (
    drawn &&
    `<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Right hits over wrong hits">${drawn}</svg>`
  );
}

interface Panel {
  readonly title: string;
  readonly settings: readonly Setting[];
  readonly policy: PolicyResult;
}

const COLUMNS = 2;
const TITLE = 24;
const STYLE =
  'text{font:11px system-ui,sans-serif;fill:#5b6675}.title{font-size:14px;font-weight:600;fill:#1d2430}.upright{transform:rotate(-90deg)}line{stroke:#dde2e9}polyline{fill:none;stroke-width:2}polyline.policy{stroke:#0b6e4f}polyline.cosine{stroke:#b4541a}circle.policy{fill:#0b6e4f}circle.cosine{fill:#b4541a}';

/** The curves of several files as one picture that stands alone. Undefined: none has both sides. */
export function curvesOf(panels: readonly Panel[]): string | undefined {
  const drawn = panels
    .map(({ title, settings, policy }) => ({ title, body: drawing(settings, policy) }))
    .filter(({ body }) => body !== undefined);
  if (drawn.length === 0) return undefined;
  const [width, step] = [WIDTH * COLUMNS, HEIGHT + TITLE];
  const height = Math.ceil(drawn.length / COLUMNS) * step + TITLE;
  const parts = drawn.map(({ title, body }, n) => {
    const place = `translate(${(n % COLUMNS) * WIDTH} ${Math.floor(n / COLUMNS) * step + TITLE})`;
    return `<g transform="${place}"><text class="title" x="${LEFT}" y="-4">${title}</text><g transform="translate(0 6)">${body}</g></g>`;
  });
  const legend = `<text x="${LEFT}" y="${height - 6}">green: the policy at every bar of its verifier, the default one large; brown: cosine similarity alone</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title>Right hits over wrong hits</title><style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}${legend}</svg>\n`;
}

function drawing(settings: readonly Setting[], policy: PolicyResult): string | undefined {
  const cosine = known(
    settings
      .filter(({ guard }) => guard === 'off')
      .map(({ threshold, falseHitRate, hitRate }) => ({
        ...{ wrong: falseHitRate.rate, right: hitRate.rate, label: `cosine ${threshold.toFixed(2)}` },
      })),
  );
  const verified = known(
    policy.bars.map(({ bar, wrong, right }) => ({
      ...{ wrong: wrong.rate, right: right.rate, label: `P ${bar.toFixed(2)}` },
    })),
  );
  const [inForce] = known([{ wrong: policy.wrong.rate, right: policy.right.rate, label: 'default policy' }]);
  if (inForce === undefined) return undefined;
  const line = (name: string, points: readonly Point[]) =>
    `<polyline class="${name}" points="${points.map(at).join(' ')}"/>${points.map((point) => dot(point, name, 2)).join('')}`;
  return `${grid()}${line('cosine', cosine)}${line('policy', verified)}${dot(inForce, 'policy', 5)}`;
}

const dot = (point: Point, name: string, radius: number): string =>
  `<circle class="${name}" cx="${x(point.wrong).toFixed(1)}" cy="${y(point.right).toFixed(1)}" r="${radius}"><title>${point.label}: ${percent(point.right)} right, ${percent(point.wrong)} wrong</title></circle>`;

function grid(): string {
  const lines = TICKS.map(
    (tick) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${100 * tick} %</text>` +
      `<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${100 * tick} %</text>`,
  );
  const axes = `<text x="${LEFT + INNER_WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">different pairs served (wrong)</text><text class="upright" x="${-(TOP + INNER_HEIGHT / 2)}" y="10" text-anchor="middle">equivalent pairs served (right)</text>`;
  return `<g class="grid">${lines.join('')}${axes}</g>`;
}
