import { signal } from '@preact/signals';
import { en, type MessageKey, type Messages } from '../messages/en.ts';
import { recall, remember } from './preferences.ts';

export const LANGUAGES = ['en', 'vi'] as const;
export type Language = (typeof LANGUAGES)[number];

export const language = signal<Language>('en');
const messages = signal<Messages>(en);

/** The text under a key in the language in force, `{name}` replaced. */
export function t(key: MessageKey, values: Readonly<Record<string, string | number>> = {}): string {
  return messages.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text whose key is made at run time: undefined where there is none. */
export function lookUp(key: string): string | undefined {
  return Object.hasOwn(messages.value, key) ? messages.value[key as MessageKey] : undefined;
}

export async function switchLanguage(next: Language): Promise<void> {
  const table = next === 'en' ? en : (await import('../messages/vi.ts')).vi;
  messages.value = table;
  language.value = next;
  document.documentElement.lang = next;
  remember('language', next);
}

/** As chosen before, else the browser's first language that there is. */
export function preferredLanguage(): Language {
  const wanted = [recall('language'), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.flatMap((tag) => LANGUAGES.filter((one) => one === tag))[0] ?? 'en';
}

/** For numbers and times: the viewer's own region where it speaks the language in force. */
export function locale(): string {
  const wanted = language.value;
  if (typeof navigator === 'undefined') return wanted;
  return navigator.languages.find((tag) => tag.startsWith(wanted)) ?? wanted;
}
