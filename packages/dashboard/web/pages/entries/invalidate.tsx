import type { InvalidateAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { post } from '../../lib/api.ts';
import { count } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { useAction } from '../../lib/use-resource.ts';
import { Button, Card, Failure, Notice } from '../../ui/basics.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { say } from '../../ui/toast.tsx';
import { CRITERIA, type Criterion, criteriaBody } from './criteria.ts';

/** Drops many answers at once. First says how many; only then is there a button that does it. */
export function Invalidate() {
  const [by, setBy] = useState<Criterion>('tag');
  const [value, setValue] = useState('');
  const [version, setVersion] = useState('');
  const [found, setFound] = useState<InvalidateAnswer | undefined>();
  const body = criteriaBody(by, value, version);
  const look = useAction(async () => setFound(await post<InvalidateAnswer>('/invalidate', { ...body, dryRun: true })));
  const drop = useAction(async () => {
    const { deleted } = await post<InvalidateAnswer>('/invalidate', { ...body, dryRun: false });
    setFound(undefined);
    say(t('invalidate.done', { count: count(deleted) }));
  });
  const changed =
    <T,>(set: (value: T) => void) =>
    (next: T) => {
      setFound(undefined);
      set(next);
    };
  return (
    <Card title={t('invalidate.title')}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void look.run();
        }}
      >
        <Which
          {...{ by, value, version }}
          onBy={changed(setBy)}
          onValue={changed(setValue)}
          onVersion={changed(setVersion)}
        />
        <Button submit disabled={body === undefined || look.busy}>
          {t('invalidate.dryRun')}
        </Button>
        <Failure error={look.error ?? drop.error} />
        {found !== undefined && <Found found={found} busy={drop.busy} onDrop={() => void drop.run()} />}
      </form>
    </Card>
  );
}

interface WhichProps {
  readonly by: Criterion;
  readonly value: string;
  readonly version: string;
  readonly onBy: (by: Criterion) => void;
  readonly onValue: (value: string) => void;
  readonly onVersion: (version: string) => void;
}

function Which({ by, value, version, onBy, onValue, onVersion }: WhichProps) {
  return (
    <>
      <SelectField
        label={t('invalidate.by')}
        value={by}
        onChange={(next) => onBy(next as Criterion)}
        options={CRITERIA.map((one) => [one, t(`invalidate.by.${one}`)] as const)}
      />
      <TextField
        label={t('invalidate.value')}
        hint={t(`invalidate.hint.${by}`)}
        type={by === 'age' ? 'number' : 'text'}
        min={0}
        step="any"
        value={value}
        onInput={onValue}
      />
      {by === 'context' && (
        <TextField
          label={t('invalidate.versionBelow')}
          hint={t('invalidate.versionHint')}
          value={version}
          onInput={onVersion}
        />
      )}
    </>
  );
}

interface FoundProps {
  readonly found: InvalidateAnswer;
  readonly busy: boolean;
  readonly onDrop: () => void;
}

function Found({ found: { matched }, busy, onDrop }: FoundProps) {
  if (matched === 0) return <Notice>{t('invalidate.none')}</Notice>;
  return (
    <Notice
      tone="warn"
      action={
        <Button kind="danger" disabled={busy} onClick={onDrop}>
          {t('invalidate.drop', { count: count(matched) })}
        </Button>
      }
    >
      {t('invalidate.found', { count: count(matched) })}
    </Notice>
  );
}
