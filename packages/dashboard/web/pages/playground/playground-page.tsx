import { useState } from 'preact/hooks';
import { t } from '../../lib/i18n.ts';
import { route } from '../../lib/router.ts';
import { scopes } from '../../lib/scopes.ts';
import { Button, Card, PageHead } from '../../ui/basics.tsx';
import { Check, SelectField, TextArea, TextField } from '../../ui/fields.tsx';
import { AnswerCard } from './answer-card.tsx';
import type { Question } from './ask.ts';
import { DecisionCard } from './decision-card.tsx';
import { useAsking } from './use-asking.ts';

const CACHE_MODES = ['on', 'refresh', 'off', 'only', 'shadow'] as const;

export function PlaygroundPage() {
  const { q = '', namespace = '', model = '' } = route.value.query;
  const [question, setQuestion] = useState<Question>({
    ...{ text: q, system: '', model, namespace: namespace === 'default' ? '' : namespace, cache: 'on', stream: true },
  });
  const { asked, run, stop } = useAsking();
  const whole = { ...question, model: question.model === '' ? (scopes.value.models[0] ?? 'demo') : question.model };
  const submit = (): void => void (whole.text.trim() !== '' && run(whole));
  return (
    <>
      <PageHead title={t('playground.title')} />
      <p class="page-lead">{t('playground.lead')}</p>
      <div class="grid-2">
        <div class="stack">
          <Card>
            <form
              class="stack"
              onSubmit={(event) => {
                event.preventDefault();
                submit();
              }}
            >
              <Fields
                question={whole}
                onChange={(changes) => setQuestion({ ...question, ...changes })}
                onSubmit={submit}
              />
              <div class="row">
                <Button submit kind="primary" disabled={asked.busy || whole.text.trim() === ''}>
                  {t('playground.ask')}
                </Button>
                {asked.busy && <Button onClick={stop}>{t('playground.stop')}</Button>}
                <Check
                  label={t('playground.stream')}
                  value={question.stream}
                  onChange={(stream) => setQuestion({ ...question, stream })}
                />
              </div>
            </form>
          </Card>
          <AnswerCard asked={asked} />
        </div>
        <DecisionCard asked={asked} />
      </div>
    </>
  );
}

interface FieldsProps {
  readonly question: Question;
  readonly onChange: (changes: Partial<Question>) => void;
  readonly onSubmit: () => void;
}

function Fields({ question, onChange, onSubmit }: FieldsProps) {
  const { text, system, model, namespace, cache } = question;
  const { models } = scopes.value;
  const names = models.includes(model) ? models : [...models, model];
  return (
    <>
      <TextArea
        label={t('playground.question')}
        placeholder={t('first.question')}
        rows={3}
        value={text}
        onInput={(value) => onChange({ text: value })}
        onSubmit={onSubmit}
      />
      <div class="grid-3 keep">
        <SelectField
          label={t('column.model')}
          value={model}
          onChange={(value) => onChange({ model: value })}
          options={names.map((one) => [one, one] as const)}
        />
        <TextField
          label={t('filter.namespace')}
          placeholder="default"
          value={namespace}
          onInput={(value) => onChange({ namespace: value.trim() })}
        />
        <SelectField
          label={t('playground.cache')}
          value={cache}
          onChange={(value) => onChange({ cache: value })}
          options={CACHE_MODES.map((one) => [one, t(`playground.cache.${one}`)] as const)}
        />
      </div>
      <details>
        <summary class="small">{t('playground.system')}</summary>
        <TextArea
          label={t('playground.system')}
          hideLabel
          rows={2}
          value={system}
          onInput={(value) => onChange({ system: value })}
        />
      </details>
    </>
  );
}
