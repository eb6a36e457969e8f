import { t } from '../../lib/i18n.ts';
import { Card } from '../../ui/basics.tsx';

/** What to do with a gateway that nobody has asked anything yet. */
export function FirstSteps() {
  const curl = `curl -i ${location.origin}/v1/chat/completions -H 'content-type: application/json' \\
  -d '{"model": "demo", "messages": [{"role": "user", "content": "${t('first.question')}"}]}'`;
  return (
    <Card title={t('first.title')}>
      <div class="stack">
        <p>{t('first.text')}</p>
        <pre>{curl}</pre>
        <div class="row">
          <a class="button" data-kind="primary" href="#/playground">
            {t('inspector.openPlayground')}
          </a>
        </div>
      </div>
    </Card>
  );
}
