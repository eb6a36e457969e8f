import type { ComponentChildren } from 'preact';

type Tone = 'good' | 'accent' | 'warn' | 'bad' | undefined;

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly kind?: 'primary' | 'danger' | 'quiet';
  readonly small?: boolean;
  readonly submit?: boolean;
  readonly disabled?: boolean;
  readonly label?: string;
  readonly pressed?: boolean;
}

export function Button({ children, onClick, kind, small, submit, disabled, label, pressed }: ButtonProps) {
  return (
    <button
      type={submit === true ? 'submit' : 'button'}
      class="button"
      data-kind={kind}
      data-small={small === true ? '' : undefined}
      disabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

export function Tag({ tone, children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return (
    <span class="tag" data-tone={tone}>
      {children}
    </span>
  );
}

interface CardProps {
  readonly title?: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Card({ title, aside, children }: CardProps) {
  return (
    <section class="card">
      {(title !== undefined || aside !== undefined) && (
        <div class="card-head">
          {title !== undefined && <h2>{title}</h2>}
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}

interface NoticeProps {
  readonly tone?: 'good' | 'warn' | 'bad';
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
}

/** Something to know, said where it matters. Failures are read out. */
export function Notice({ tone, children, action }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      <p>{children}</p>
      {action}
    </div>
  );
}

export function Failure({ error, retry }: { readonly error: string | undefined; readonly retry?: ComponentChildren }) {
  if (error === undefined) return null;
  return (
    <Notice tone="bad" action={retry}>
      {error}
    </Notice>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** A share 0..1 of something that should not be used up. Only seen: its figures must stand beside it. */
export function Meter({ share }: { readonly share: number }) {
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : undefined;
  return (
    <span class="bar" data-tone={tone} aria-hidden="true">
      <span style={{ width: `${Math.round(Math.min(1, share) * 100)}%` }} />
    </span>
  );
}

export function PageHead({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      {children}
    </div>
  );
}
