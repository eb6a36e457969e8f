import type { TenantAnswer, TenantsAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { get, put } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { useAction, useResource } from '../../lib/use-resource.ts';
import { Button, Card, Empty, Failure } from '../../ui/basics.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Table } from '../../ui/table.tsx';
import { Budget, Limits } from './limits.tsx';
import { TENANT_LIMITS, tenantBodyOf, tenantFieldsOf } from './tenant-body.ts';

export function Tenants() {
  const { data, error, reload } = useResource((signal) => get<TenantsAnswer>('/tenants', {}, signal), [], 10_000);
  const [edited, setEdited] = useState<TenantAnswer | 'new' | undefined>();
  const close = (): void => setEdited(undefined);
  return (
    <Card
      title={t('tenants.title')}
      aside={
        <Button small onClick={() => setEdited('new')}>
          {t('tenants.set')}
        </Button>
      }
    >
      <Failure error={error} />
      {data?.tenants.length === 0 && (
        <Empty title={t('tenants.empty')}>
          <span>{t('tenants.emptyHint')}</span>
        </Empty>
      )}
      {data !== undefined && data.tenants.length > 0 && <TenantTable tenants={data.tenants} onEdit={setEdited} />}
      {edited !== undefined && (
        <TenantForm
          edited={edited === 'new' ? undefined : edited}
          onClose={close}
          onDone={() => {
            close();
            reload();
          }}
        />
      )}
    </Card>
  );
}

interface TenantTableProps {
  readonly tenants: readonly TenantAnswer[];
  readonly onEdit: (tenant: TenantAnswer) => void;
}

function TenantTable({ tenants, onEdit }: TenantTableProps) {
  return (
    <Table
      caption={t('tenants.title')}
      rows={tenants}
      keyOf={({ id }) => id}
      columns={[
        { title: t('column.tenant'), heads: true, cell: ({ id }) => id },
        { title: t('column.limits'), cell: (tenant) => <Limits of={tenant} /> },
        { title: t('column.budget'), cell: (tenant) => <Budget of={tenant} /> },
        {
          title: t('column.actions'),
          quiet: true,
          cell: (tenant) => (
            <div class="row row-end">
              <Button small label={t('keys.editOf', { name: tenant.id })} onClick={() => onEdit(tenant)}>
                {t('action.edit')}
              </Button>
            </div>
          ),
        },
      ]}
    />
  );
}

interface TenantFormProps {
  readonly edited: TenantAnswer | undefined;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

function TenantForm({ edited, onDone, onClose }: TenantFormProps) {
  const [id, setId] = useState(edited?.id ?? 'default');
  const [fields, setFields] = useState(tenantFieldsOf(edited));
  const { run, busy, error } = useAction(async () => {
    await put(`/tenants/${encodeURIComponent(id.trim())}`, tenantBodyOf(fields));
    onDone();
  });
  return (
    <Dialog title={t('tenants.set')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        {edited === undefined && <TextField label={t('column.tenant')} required value={id} onInput={setId} />}
        <div class="grid-2 keep">
          {TENANT_LIMITS.map((name) => (
            <TextField
              key={name}
              label={t(`keyField.${name}`)}
              type="number"
              min={0}
              step="any"
              value={fields[name]}
              onInput={(value) => setFields({ ...fields, [name]: value })}
            />
          ))}
        </div>
        <p class="hint">{t('tenants.hint')}</p>
        <Failure error={error} />
        <div class="row row-end">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button submit kind="primary" disabled={busy || id.trim() === ''}>
            {t('action.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
