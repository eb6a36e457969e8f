import type { ModelsAnswer, ProvidersAnswer } from '@nearhit/http/admin-types';
import { get } from '../lib/api.ts';
import { count, duration, NOTHING, percent, usd } from '../lib/format.ts';
import { lookUp, t } from '../lib/i18n.ts';
import { useResource } from '../lib/use-resource.ts';
import { Card, Failure, Notice, PageHead, Tag } from '../ui/basics.tsx';
import { Table } from '../ui/table.tsx';

type Provider = ProvidersAnswer['providers'][number];
type Target = NonNullable<Provider['targets']>[number];
type Model = ModelsAnswer['models'][number];

export function ProvidersPage() {
  const providers = useResource((signal) => get<ProvidersAnswer>('/providers', {}, signal), [], 5_000);
  const models = useResource((signal) => get<ModelsAnswer>('/models', {}, signal), []);
  return (
    <>
      <PageHead title={t('providers.title')} />
      <div class="stack">
        <Failure error={providers.error ?? models.error} />
        {providers.data?.providers.map((provider) => (
          <ProviderCard key={provider.id} provider={provider} />
        ))}
        {models.data !== undefined && <Models models={models.data.models} />}
      </div>
    </>
  );
}

function ProviderCard({ provider }: { readonly provider: Provider }) {
  const { id, kind, baseUrl, requests, errors, inFlight, alarms = [], targets = [] } = provider;
  return (
    <Card
      title={id}
      aside={<span class="small muted">{kind === 'demo' ? t('providers.demo') : `${kind} · ${baseUrl}`}</span>}
    >
      <div class="stack">
        {alarms.map((alarm) => (
          <Notice key={alarm} tone="warn">
            {alarm}
          </Notice>
        ))}
        <p class="muted">
          {t('providers.calls', { requests: count(requests), errors: count(errors), inFlight: count(inFlight) })}
        </p>
        {targets.length === 0 ? <p class="muted">{t('providers.notAsked')}</p> : <Targets id={id} targets={targets} />}
      </div>
    </Card>
  );
}

const TONES = { closed: 'good', 'half-open': 'warn', open: 'bad' } as const;

export function Breaker({ state }: { readonly state: keyof typeof TONES }) {
  return <Tag tone={TONES[state]}>{lookUp(`breaker.${state}`) ?? state}</Tag>;
}

function Targets({ id, targets }: { readonly id: string; readonly targets: readonly Target[] }) {
  return (
    <Table
      caption={t('providers.targetsOf', { provider: id })}
      rows={targets}
      keyOf={({ model }) => model}
      columns={[
        { title: t('column.model'), heads: true, cell: ({ model }) => model },
        { title: t('column.breaker'), cell: ({ breaker }) => <Breaker state={breaker} /> },
        { title: t('column.firstToken'), number: true, cell: ({ firstTokenMs }) => duration(firstTokenMs) },
        { title: t('column.total'), number: true, cell: ({ totalMs }) => duration(totalMs) },
        { title: t('column.errorRate'), number: true, cell: ({ errorRate }) => percent(errorRate) },
        { title: t('column.inFlight'), number: true, cell: ({ inFlight }) => count(inFlight) },
      ]}
    />
  );
}

function Models({ models }: { readonly models: readonly Model[] }) {
  return (
    <Card title={t('providers.models')} aside={<span class="small muted">{t('providers.priceUnit')}</span>}>
      <Table
        caption={t('providers.models')}
        rows={models}
        keyOf={({ id }) => id}
        columns={[
          { title: t('column.model'), heads: true, cell: ({ id }) => id },
          {
            title: t('column.answeredBy'),
            cell: ({ aliasOf, provider }) =>
              aliasOf === undefined ? provider : t('providers.aliasOf', { model: aliasOf }),
          },
          { title: t('column.contextTokens'), number: true, cell: ({ contextTokens }) => count(contextTokens) },
          {
            title: t('column.priceInput'),
            number: true,
            cell: ({ price }) => (price === null ? NOTHING : usd(price.inputUsdPerMTok)),
          },
          { title: t('column.priceCached'), number: true, cell: ({ price }) => usd(price?.cachedInputUsdPerMTok) },
          {
            title: t('column.priceOutput'),
            number: true,
            cell: ({ price }) => (price === null ? NOTHING : usd(price.outputUsdPerMTok)),
          },
        ]}
      />
    </Card>
  );
}
