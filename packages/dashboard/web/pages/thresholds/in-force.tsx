import type { PolicyAnswer } from '@nearhit/http/admin-types';
import { lookUp, t } from '../../lib/i18n.ts';
import { Button } from '../../ui/basics.tsx';
import { chosen, isOwn, KNOBS, type Knob } from './knob.ts';
import { knobText } from './slider.tsx';

interface InForceProps {
  readonly policy: PolicyAnswer;
  readonly onForget: (knob: Knob) => void;
}

/** What decides now, and who said so. */
export function InForce({ policy, onForget }: InForceProps) {
  const { guard = 'standard', mode = 'on' } = policy;
  return (
    <dl class="facts in-force">
      {KNOBS.map((knob) => {
        const value = chosen(policy, knob);
        return (
          <Row
            key={knob}
            name={t(`thresholds.knob.${knob}`)}
            origin={value === undefined ? undefined : policy.origin[knob]}
          >
            {value === undefined ? t(`thresholds.${knob}.unset`) : knobText(knob, value)}{' '}
            {isOwn(policy, knob) && (
              <Button small kind="quiet" onClick={() => onForget(knob)}>
                {t('thresholds.forget')}
              </Button>
            )}
          </Row>
        );
      })}
      <Row name={t('thresholds.guard')} origin={policy.origin.guard}>
        {lookUp(`guardLevel.${guard}`)}
      </Row>
      <Row name={t('thresholds.mode')} origin={policy.origin.mode}>
        {lookUp(`mode.${mode}`)}
      </Row>
    </dl>
  );
}

interface RowProps {
  readonly name: string;
  readonly origin: string | undefined;
  readonly children: preact.ComponentChildren;
}

function Row({ name, origin, children }: RowProps) {
  const from = origin === undefined || origin === 'built-in' ? undefined : t('thresholds.from', { origin });
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {children}
        {from !== undefined && <span class="small muted"> {from}</span>}
      </dd>
    </>
  );
}
