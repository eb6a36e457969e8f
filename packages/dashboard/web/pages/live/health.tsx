import type { StatusEvent } from '@nearhit/http/admin-types';
import { count } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Card, Notice } from '../../ui/basics.tsx';
import { Table } from '../../ui/table.tsx';
import { Breaker } from '../providers.tsx';

/** What the house consists of, and how it does. */
export function Health({ status }: { readonly status: StatusEvent | undefined }) {
  return (
    <div class="stack">
      <Card title={t('health.providers')} aside={<a href="#/providers">{t('health.toProviders')}</a>}>
        <div class="stack">
          {status !== undefined && status.degraded.length > 0 && (
            <Notice tone="warn">{t('health.degraded', { parts: status.degraded.join(', ') })}</Notice>
          )}
          {status !== undefined && <Providers providers={status.providers} />}
        </div>
      </Card>
      <Card title={t('health.queue')}>
        {status?.queue !== undefined && <Queue queue={status.queue} />}
        {status !== undefined && <Services status={status} />}
      </Card>
    </div>
  );
}

function Providers({ providers }: { readonly providers: StatusEvent['providers'] }) {
  return (
    <Table
      caption={t('health.providers')}
      rows={providers}
      keyOf={({ id }) => id}
      columns={[
        { title: t('column.provider'), heads: true, cell: ({ id }) => id },
        { title: t('column.breaker'), cell: ({ breaker }) => <Breaker state={breaker} /> },
        { title: t('column.inFlight'), number: true, cell: ({ inFlight }) => count(inFlight) },
        { title: t('column.requests'), number: true, cell: ({ requests }) => count(requests) },
        { title: t('column.errors'), number: true, cell: ({ errors }) => count(errors) },
      ]}
    />
  );
}

function Queue({ queue }: { readonly queue: NonNullable<StatusEvent['queue']> }) {
  const { waiting, active, delayed, dead } = queue;
  return (
    <p class="queue">
      {t('health.queueOf', { waiting: count(waiting), active: count(active), delayed: count(delayed) })}{' '}
      {dead > 0 && <strong>{t('health.dead', { dead: count(dead) })}</strong>}
    </p>
  );
}

function Services({ status: { services, log } }: { readonly status: StatusEvent }) {
  if (services === null) return <Notice tone="warn">{t('health.servicesUnknown')}</Notice>;
  if (services.length === 0) return <p class="muted">{t('health.oneProcess')}</p>;
  return (
    <Table
      caption={t('health.services')}
      rows={services}
      keyOf={({ id }) => id}
      columns={[
        { title: t('column.service'), heads: true, cell: ({ kind, host }) => `${kind} · ${host}` },
        { title: t('column.version'), cell: ({ version }) => version },
        {
          title: t('column.lag'),
          number: true,
          cell: ({ lag, position }) =>
            lag === undefined ? '' : `${count(lag)}${log && position !== undefined ? ` / ${count(log.lastSeq)}` : ''}`,
        },
      ]}
    />
  );
}
