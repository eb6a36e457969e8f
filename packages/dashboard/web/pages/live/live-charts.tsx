import { useMemo, useState } from 'preact/hooks';
import { count, decimal, duration, percent, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Card } from '../../ui/basics.tsx';
import { Chart } from '../../ui/chart.tsx';
import { Segments } from '../../ui/fields.tsx';
import { amounts, levels, type Spans, shareOf } from './spans.ts';

interface ChartsProps {
  readonly spans: Spans;
}

export function LiveCharts({ spans }: ChartsProps) {
  return (
    <>
      <div class="grid-2 grid-even">
        <Requests spans={spans} />
        <HitRate spans={spans} />
      </div>
      <div class="grid-3 grid-even">
        <Latency spans={spans} />
        <Money spans={spans} />
        <Tokens spans={spans} />
      </div>
    </>
  );
}

/** `per minute`, and so on. */
const unitOf = ({ unitSeconds }: Spans): string => t(`live.per.${unitSeconds}` as 'live.per.60');
const some = (value: number): string => (value < 10 && value % 1 !== 0 ? decimal(value, 1) : count(value));

function Requests({ spans }: ChartsProps) {
  const data = useMemo(
    () =>
      amounts(spans, [
        ({ errors }) => errors,
        ({ bypasses }) => bypasses,
        ({ misses }) => misses,
        ({ stale }) => stale,
        ({ hitsByLayer }) => hitsByLayer.semantic,
        ({ hitsByLayer }) => hitsByLayer.l2,
        ({ hitsByLayer }) => hitsByLayer.l1,
      ]),
    [spans],
  );
  return (
    <Card title={t('live.requests')} aside={<span class="small muted">{unitOf(spans)}</span>}>
      <Chart
        title={t('live.requests')}
        kind="stack"
        data={data}
        format={some}
        series={[
          { label: t('outcome.error'), color: '--error' },
          { label: t('outcome.bypass'), color: '--bypass' },
          { label: t('outcome.miss'), color: '--miss' },
          { label: t('outcome.stale'), color: '--stale' },
          { label: t('layer.semantic'), color: '--layer-semantic' },
          { label: t('layer.l2'), color: '--layer-l2' },
          { label: t('layer.l1'), color: '--layer-l1' },
        ]}
      />
    </Card>
  );
}

function HitRate({ spans }: ChartsProps) {
  const data = useMemo(
    () =>
      levels(spans, [
        (figures) => shareOf(figures, figures.stale),
        (figures) => shareOf(figures, figures.hitsByLayer.semantic),
        (figures) => shareOf(figures, figures.hitsByLayer.l2),
        (figures) => shareOf(figures, figures.hitsByLayer.l1),
      ]),
    [spans],
  );
  return (
    <Card title={t('live.hitRate')} aside={<span class="small muted">{t('live.ofLookups')}</span>}>
      <Chart
        title={t('live.hitRate')}
        kind="stack"
        max={1}
        data={data}
        format={(value) => percent(value, 0)}
        series={[
          { label: t('outcome.stale'), color: '--stale' },
          { label: t('layer.semantic'), color: '--layer-semantic' },
          { label: t('layer.l2'), color: '--layer-l2' },
          { label: t('layer.l1'), color: '--layer-l1' },
        ]}
      />
    </Card>
  );
}

const OUTCOMES = ['hit', 'miss'] as const;

function Latency({ spans }: ChartsProps) {
  const [of, setOf] = useState<(typeof OUTCOMES)[number]>('hit');
  const data = useMemo(
    () =>
      levels(spans, [
        ({ latencyMs }) => latencyMs[of]?.p99 ?? null,
        ({ latencyMs }) => latencyMs[of]?.p95 ?? null,
        ({ latencyMs }) => latencyMs[of]?.p50 ?? null,
      ]),
    [spans, of],
  );
  const choice = OUTCOMES.map((one) => [one, t(`live.latency.${one}`)] as const);
  return (
    <Card
      title={t('live.latency')}
      aside={<Segments label={t('live.latency')} value={of} onChange={setOf} options={choice} />}
    >
      <Chart
        title={t('live.latency')}
        kind="steps"
        data={data}
        format={duration}
        series={[
          { label: 'p99', color: '--line-3' },
          { label: 'p95', color: '--line-2' },
          { label: 'p50', color: '--line-1' },
        ]}
      />
    </Card>
  );
}

function Money({ spans }: ChartsProps) {
  const data = useMemo(() => amounts(spans, [({ usd: { saved } }) => saved, ({ usd: { spent } }) => spent]), [spans]);
  return (
    <Card title={t('live.money')} aside={<span class="small muted">{unitOf(spans)}</span>}>
      <Chart
        title={t('live.money')}
        kind="steps"
        data={data}
        format={usd}
        series={[
          { label: t('column.saved'), color: '--line-1' },
          { label: t('column.spent'), color: '--line-3' },
        ]}
      />
    </Card>
  );
}

function Tokens({ spans }: ChartsProps) {
  const data = useMemo(
    () =>
      amounts(spans, [
        ({ tokens: { saved } }) => saved.input + saved.output,
        ({ tokens: { spent } }) => spent.input,
        ({ tokens: { spent } }) => spent.output,
      ]),
    [spans],
  );
  return (
    <Card title={t('live.tokens')} aside={<span class="small muted">{unitOf(spans)}</span>}>
      <Chart
        title={t('live.tokens')}
        kind="steps"
        data={data}
        format={some}
        series={[
          { label: t('column.saved'), color: '--line-1' },
          { label: t('live.tokens.input'), color: '--line-2' },
          { label: t('live.tokens.output'), color: '--line-3' },
        ]}
      />
    </Card>
  );
}
