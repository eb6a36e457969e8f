import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Common {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** Only for those who hear the page. */
  readonly hideLabel?: boolean;
}

interface FieldProps extends Common {
  readonly id: string;
  readonly children: ComponentChildren;
}

function Field({ id, label, hint, hideLabel, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id} class={hideLabel === true ? 'visually-hidden' : undefined}>
        {label}
      </label>
      {children}
      {hint !== undefined && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface TextProps extends Common {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: 'text' | 'password' | 'number' | 'search' | 'date';
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly min?: number | string;
  readonly max?: number | string;
  readonly step?: number | 'any';
  readonly autocomplete?: 'off' | 'current-password';
  readonly autofocus?: boolean;
}

export function TextField({ label, hint, hideLabel, value, onInput, type = 'text', ...rest }: TextProps) {
  const id = useId();
  // A union of kinds, each with attributes of its own, which `type` chooses from only here.
  const kind = { type } as { readonly type: 'text' };
  return (
    <Field id={id} label={label} hint={hint} hideLabel={hideLabel}>
      <input
        id={id}
        class="input"
        {...kind}
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        {...rest}
      />
    </Field>
  );
}

interface AreaProps extends Common {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly rows?: number;
  readonly placeholder?: string;
  readonly onSubmit?: () => void;
}

export function TextArea({ label, hint, hideLabel, value, onInput, onSubmit, ...rest }: AreaProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} hideLabel={hideLabel}>
      <textarea
        id={id}
        class="input"
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSubmit?.();
        }}
        {...rest}
      />
    </Field>
  );
}

interface SelectProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly (readonly [value: string, label: string])[];
}

export function SelectField({ label, hint, hideLabel, value, onChange, options }: SelectProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} hideLabel={hideLabel}>
      <select id={id} class="input" value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly options: readonly (readonly [value: T, label: string])[];
}

/** One of a few, all of them seen. */
export function Segments<T extends string>({ label, value, onChange, options }: SegmentsProps<T>) {
  const name = useId();
  return (
    <fieldset class="segments-set">
      <legend class="visually-hidden">{label}</legend>
      <div class="segments">
        {options.map(([one, text]) => (
          <label key={one}>
            <input type="radio" name={name} value={one} checked={one === value} onChange={() => onChange(one)} />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Check({
  label,
  value,
  onChange,
}: {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
}) {
  const id = useId();
  return (
    <span class="field-inline">
      <input
        id={id}
        type="checkbox"
        checked={value}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <label for={id}>{label}</label>
    </span>
  );
}
