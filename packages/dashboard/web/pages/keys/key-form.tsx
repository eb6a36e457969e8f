import type { KeyAnswer, MadeKeyAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { patch, post } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { useAction } from '../../lib/use-resource.ts';
import { Button, Failure } from '../../ui/basics.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { fieldsOf, type KeyFields, keyChanges, newKeyBody } from './key-body.ts';

interface KeyFormProps {
  readonly edited: KeyAnswer | 'new';
  readonly onDone: (made?: MadeKeyAnswer) => void;
  readonly onClose: () => void;
}

export function KeyForm({ edited, onDone, onClose }: KeyFormProps) {
  const before = fieldsOf(edited === 'new' ? undefined : edited);
  const [fields, setFields] = useState(before);
  const { run, busy, error } = useAction(async () => {
    if (edited === 'new') return onDone(await post<MadeKeyAnswer>('/keys', newKeyBody(fields)));
    await patch<KeyAnswer>(`/keys/${edited.id}`, keyChanges(before, fields));
    onDone();
  });
  return (
    <Dialog title={edited === 'new' ? t('keys.new') : t('keys.editOf', { name: edited.name })} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Fields fields={fields} isNew={edited === 'new'} onChange={(changes) => setFields({ ...fields, ...changes })} />
        <Failure error={error} />
        <div class="row row-end">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button submit kind="primary" disabled={busy || fields.name.trim() === ''}>
            {t(edited === 'new' ? 'keys.create' : 'action.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  readonly fields: KeyFields;
  readonly isNew: boolean;
  readonly onChange: (changes: Partial<KeyFields>) => void;
}

function Fields({ fields, isNew, onChange }: FieldsProps) {
  const field = (
    name: keyof KeyFields,
    more: { type?: 'text' | 'number' | 'date'; required?: boolean; placeholder?: string } = {},
  ) => (
    <TextField
      label={t(`keyField.${name}`)}
      value={fields[name]}
      onInput={(value) => onChange({ [name]: value })}
      {...(more.type === 'number' && { min: 0, step: 'any' as const })}
      {...more}
    />
  );
  return (
    <>
      {field('name', { required: true })}
      {isNew && field('tenant', { placeholder: 'default' })}
      <div class="grid-2 keep">
        {field('models', { placeholder: 'gpt-4o*, claude-*' })}
        {field('namespaces', { placeholder: 'support, docs' })}
        {field('rpm', { type: 'number' })}
        {field('tpm', { type: 'number' })}
        {field('budgetUsdDay', { type: 'number' })}
        {field('budgetUsdMonth', { type: 'number' })}
        {field('concurrent', { type: 'number' })}
        {field('thresholdFloor', { type: 'number', placeholder: '0.90' })}
        {field('expiresAt', { type: 'date' })}
      </div>
      <p class="hint">{t('keyField.hint')}</p>
    </>
  );
}
