import { choicePreference } from '../lib/preferences.ts';
import { Cell } from '../state/store.ts';

export const THEMES = ['system', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

/** What the user chose. */
export const theme = choicePreference<Theme>('theme', THEMES, 'system');
/** Grows with each change of colours: what draws by itself draws anew. */
export const colours = new Cell(0);

const system = matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', () => colours.set(colours.get() + 1));

/** Applies the theme to the page; call it before anything is shown. */
export function applyTheme(): void {
  const chosen = theme.get();
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  colours.set(colours.get() + 1);
}

export function chooseTheme(choice: Theme): void {
  theme.set(choice);
  applyTheme();
}

/** A token as a colour that a canvas understands, in the present theme. */
export function colourOf(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
