import { effect, signal } from '@preact/signals';
import { recall, remember } from './preferences.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>(THEMES.find((one) => one === recall('theme')) ?? 'system');
/** Grows whenever colours may have changed: what paints by hand paints again. */
export const paintings = signal(0);

const dark = typeof matchMedia === 'undefined' ? undefined : matchMedia('(prefers-color-scheme: dark)');

export function startTheme(): void {
  dark?.addEventListener('change', () => {
    paintings.value += 1;
  });
  effect(() => {
    const chosen = theme.value;
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    remember('theme', chosen);
    paintings.value = paintings.peek() + 1;
  });
}
