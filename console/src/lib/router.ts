import { Cell } from '../state/store.ts';

/** The path of the address bar, decoded into its parts: "/trade/BTCUSD" is ["trade", "BTCUSD"]. */
export const path = new Cell<readonly string[]>(partsOf(location.pathname));

addEventListener('popstate', () => path.set(partsOf(location.pathname)));

/** The address of a screen. */
export function hrefOf(...parts: readonly string[]): string {
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** Goes to a screen. @param isReplacing the present one cannot be gone back to */
export function navigate(parts: readonly string[], isReplacing = false): void {
  const href = hrefOf(...parts);
  if (isReplacing) history.replaceState(null, '', href);
  else if (href !== location.pathname) history.pushState(null, '', href);
  path.set(partsOf(location.pathname));
}

function partsOf(pathname: string): readonly string[] {
  return pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}
