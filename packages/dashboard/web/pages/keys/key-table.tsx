import type { KeyAnswer, MadeKeyAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { patch, post, remove } from '../../lib/api.ts';
import { lookUp, t } from '../../lib/i18n.ts';
import { useAction } from '../../lib/use-resource.ts';
import { Button, Failure, Tag } from '../../ui/basics.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Table } from '../../ui/table.tsx';
import { Budget, Limits } from './limits.tsx';

interface KeyTableProps {
  readonly keys: readonly KeyAnswer[];
  readonly onEdit: (key: KeyAnswer) => void;
  readonly onChanged: (made?: MadeKeyAnswer) => void;
}

type Act = 'rotate' | 'revoke' | 'delete';
const TONES = { active: 'good', expired: 'warn', revoked: 'bad' } as const;

export function KeyTable({ keys, onEdit, onChanged }: KeyTableProps) {
  const [asked, setAsked] = useState<{ act: Act; key: KeyAnswer } | undefined>();
  const { run, busy, error } = useAction(async () => {
    if (asked === undefined) return;
    const made = await ACTS[asked.act](asked.key);
    setAsked(undefined);
    onChanged(made);
  });
  return (
    <>
      <Table
        caption={t('keys.keys')}
        rows={keys}
        keyOf={({ id }) => id}
        columns={[
          { title: t('column.name'), heads: true, cell: (key) => <Name of={key} /> },
          { title: t('column.tenant'), cell: ({ tenant }) => tenant },
          {
            title: t('column.status'),
            cell: ({ status }) => <Tag tone={TONES[status]}>{lookUp(`keys.status.${status}`)}</Tag>,
          },
          { title: t('column.limits'), cell: (key) => <Limits of={key} /> },
          { title: t('column.budget'), cell: (key) => <Budget of={key} /> },
          {
            title: t('column.actions'),
            quiet: true,
            cell: (key) => <Actions of={key} onEdit={onEdit} onAsk={setAsked} />,
          },
        ]}
      />
      {asked !== undefined && (
        <Confirm
          title={t(`keys.confirm.${asked.act}`, { name: asked.key.name })}
          text={t(`keys.confirm.${asked.act}.text`)}
          action={t(`keys.${asked.act}`)}
          busy={busy}
          onConfirm={() => void run()}
          onClose={() => setAsked(undefined)}
        >
          <Failure error={error} />
        </Confirm>
      )}
    </>
  );
}

const ACTS: Readonly<Record<Act, (key: KeyAnswer) => Promise<MadeKeyAnswer | undefined>>> = {
  rotate: ({ id }) => post<MadeKeyAnswer>(`/keys/${id}/rotate`),
  revoke: ({ id }) => patch<KeyAnswer>(`/keys/${id}`, { revoked: true }).then(() => undefined),
  delete: ({ id }) => remove(`/keys/${id}`).then(() => undefined),
};

function Name({ of: { name, hint } }: { readonly of: KeyAnswer }) {
  return (
    <>
      {name}
      <div class="small muted mono">{hint}</div>
    </>
  );
}

interface ActionsProps {
  readonly of: KeyAnswer;
  readonly onEdit: (key: KeyAnswer) => void;
  readonly onAsk: (asked: { act: Act; key: KeyAnswer }) => void;
}

function Actions({ of: key, onEdit, onAsk }: ActionsProps) {
  const { name, status } = key;
  const acts: readonly Act[] = status === 'revoked' ? ['delete'] : ['rotate', 'revoke'];
  return (
    <div class="row row-end nowrap">
      {status !== 'revoked' && (
        <Button small label={t('keys.editOf', { name })} onClick={() => onEdit(key)}>
          {t('action.edit')}
        </Button>
      )}
      {acts.map((act) => (
        <Button
          key={act}
          small
          kind={act === 'rotate' ? undefined : 'danger'}
          label={`${t(`keys.${act}`)}: ${name}`}
          onClick={() => onAsk({ act, key })}
        >
          {t(`keys.${act}`)}
        </Button>
      ))}
    </div>
  );
}
