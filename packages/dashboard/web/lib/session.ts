import { signal } from '@preact/signals';

/** `csrf`: what every request that changes something must carry. */
export interface Session {
  readonly state: 'unknown' | 'out' | 'in';
  readonly csrf: string | undefined;
  /** Why it ended, where it was not by wish. */
  readonly expired?: boolean;
}

const PATH = '/dashboard/session';
export const session = signal<Session>({ state: 'unknown', csrf: undefined });

async function take(response: Response): Promise<void> {
  const { csrf } = (await response.json()) as { csrf: string };
  session.value = { state: 'in', csrf };
}

/** Is there a session? Anything but a yes is a no: then the login is shown, which says what fails. */
export async function resumeSession(): Promise<void> {
  const response = await fetch(PATH).catch(() => undefined);
  if (response?.ok === true) await take(response);
  else session.value = { state: 'out', csrf: undefined };
}

/** The answer that refused it; undefined when it went well. Rejects when nobody answers. */
export async function logIn(token: string): Promise<Response | undefined> {
  const response = await fetch(PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (!response.ok) return response;
  await take(response);
  return undefined;
}

export async function logOut(): Promise<void> {
  const { csrf = '' } = session.value;
  await fetch(PATH, { method: 'DELETE', headers: { 'x-nearhit-csrf': csrf } }).catch(() => undefined);
  session.value = { state: 'out', csrf: undefined };
}

/** The gateway does not know the session any more. */
export function loggedOut(): void {
  if (session.value.state === 'in') session.value = { state: 'out', csrf: undefined, expired: true };
}
