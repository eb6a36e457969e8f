import type { CalibrationAnswer, PolicyAnswer } from '@nearhit/http/admin-types';
import { useMemo } from 'preact/hooks';
import type { Columns } from '../../lib/chart-data.ts';
import { count, decimal, percent, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Card, Empty, Notice } from '../../ui/basics.tsx';
import { Chart } from '../../ui/chart.tsx';
import { chosen, type Figures, figureAt, hasSamples, type Knob } from './knob.ts';

interface CurvesProps {
  readonly knob: Knob;
  readonly value: number;
  readonly policy: PolicyAnswer;
  readonly calibration: CalibrationAnswer;
}

/** What labelled samples say of each threshold, and where this one stands. */
export function Curves({ knob, value, policy, calibration }: CurvesProps) {
  const figures = knob === 'threshold' ? calibration.byCosine : calibration.byScore;
  if (!hasSamples(figures)) return <NoSamples />;
  const found = barOf(calibration, policy);
  const at = knob === 'threshold' ? value : (barFor(figures, value) ?? 1);
  const now = knob === 'threshold' ? chosen(policy, 'threshold') : found;
  return (
    <Card title={t('curves.title')} aside={<Counted figures={figures} />}>
      <div class="stack">
        <AtValue row={figureAt(figures, at)} />
        {onlyComplaints(calibration) && <Notice tone="warn">{t('curves.onlyComplaints')}</Notice>}
        <Plots
          figures={figures}
          at={at}
          now={now}
          axis={t(knob === 'threshold' ? 'curves.cosine' : 'curves.probability')}
        />
      </div>
    </Card>
  );
}

const barOf = ({ inForce }: CalibrationAnswer, { namespace, model }: PolicyAnswer): number | undefined =>
  inForce.find((one) => one.namespace === namespace && (model === null || one.model === model))?.calibration?.bar ??
  undefined;

/** The lowest bar above which, as the samples alone have it, no more than `budget` is wrong. */
const barFor = (figures: Figures, budget: number): number | undefined =>
  figures.find(({ estimate, samples }) => samples > 0 && estimate !== null && estimate <= budget)?.threshold;

/** Right answers count only where somebody looked without being asked to. */
const onlyComplaints = ({ samples }: CalibrationAnswer): boolean =>
  Object.entries(samples).every(([source, { right, wrong }]) => source === 'feedback' || right + wrong === 0);

function Counted({ figures }: { readonly figures: Figures }) {
  const [first] = figures;
  return (
    <span class="small muted">{t('curves.samples', { n: count(first?.samples), wrong: count(first?.wrong) })}</span>
  );
}

function AtValue({ row }: { readonly row: Figures[number] | undefined }) {
  if (row === undefined) return null;
  const { hitRate, estimate, low, high, savedUsd } = row;
  return (
    <dl class="at-value">
      <div>
        <dt>{t('curves.wrong')}</dt>
        <dd>
          <b>{percent(estimate)}</b>{' '}
          <span class="muted">{t('curves.interval', { low: percent(low), high: percent(high) })}</span>
        </dd>
      </div>
      <div>
        <dt>{t('curves.hitRate')}</dt>
        <dd>
          <b>{percent(hitRate)}</b>
        </dd>
      </div>
      <div>
        <dt>{t('curves.saved')}</dt>
        <dd>
          <b>{usd(savedUsd)}</b>
        </dd>
      </div>
    </dl>
  );
}

interface PlotsProps {
  readonly figures: Figures;
  readonly at: number;
  readonly now: number | undefined;
  readonly axis: string;
}

function Plots({ figures, at, now, axis }: PlotsProps) {
  const xs = useMemo(() => figures.map(({ threshold }) => threshold), [figures]);
  const wrong = useMemo<Columns>(
    () => [xs, figures.map(({ high }) => high), figures.map(({ low }) => low), figures.map(({ estimate }) => estimate)],
    [figures],
  );
  const hits = useMemo<Columns>(() => [xs, figures.map(({ hitRate }) => hitRate)], [figures]);
  const marks = useMemo(
    () => [...(now === undefined ? [] : [{ x: now, color: '--line-strong' }]), { x: at, color: '--accent' }],
    [now, at],
  );
  const rest = figures.findLastIndex(({ threshold }) => threshold <= at + 1e-9);
  const common = {
    marks,
    rest: Math.max(0, rest),
    height: 200,
    formatX: (x: number) => decimal(x, 2),
    format: (y: number) => percent(y, 0),
  };
  return (
    <>
      <Chart
        {...common}
        title={t('curves.wrong')}
        data={wrong}
        band={[1, 2]}
        series={[
          { label: t('curves.high'), color: '--error', dashed: true },
          { label: t('curves.low'), color: '--error', dashed: true },
          { label: t('curves.wrong'), color: '--error' },
        ]}
      />
      <Chart
        {...common}
        title={t('curves.hitRate')}
        data={hits}
        max={1}
        series={[{ label: t('curves.hitRate'), color: '--line-1' }]}
      />
      <p class="small muted">{t('curves.axis', { axis })}</p>
    </>
  );
}

function NoSamples() {
  return (
    <Card title={t('curves.title')}>
      <Empty title={t('curves.empty')}>
        <span>{t('curves.emptyHint')}</span>
        <ul class="steps">
          <li>
            {t('curves.emptyFeedback')} <a href="#/inspector?show=semantic">{t('nav.inspector')}</a>
          </li>
          <li>{t('curves.emptyShadow')}</li>
        </ul>
        <span>{t('curves.emptyMeanwhile')}</span>
      </Empty>
    </Card>
  );
}
