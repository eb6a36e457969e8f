import { useId } from 'preact/hooks';
import { decimal, percent } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { type Knob, RANGES, snapped } from './knob.ts';

interface SliderProps {
  readonly knob: Knob;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

export const knobText = (knob: Knob, value: number): string =>
  knob === 'threshold' ? decimal(value, 3) : percent(value);

export function Slider({ knob, value, onChange }: SliderProps) {
  const id = useId();
  const range = RANGES[knob];
  const { min, max, step } = range;
  return (
    <div>
      <label for={id} class="visually-hidden">
        {t(`thresholds.knob.${knob}`)}
      </label>
      <output class="slider-value" for={id}>
        {knobText(knob, value)}
      </output>
      <input
        id={id}
        type="range"
        {...{ min, max, step }}
        value={value}
        aria-valuetext={knobText(knob, value)}
        onInput={({ currentTarget }) => onChange(snapped(Number(currentTarget.value), range))}
      />
      <div class="slider-ends">
        <span>{t(`thresholds.${knob}.low`)}</span>
        <span>{t(`thresholds.${knob}.high`)}</span>
      </div>
    </div>
  );
}
