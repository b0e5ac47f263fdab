import type { ComponentProps, MouseEvent } from 'react';
import { hrefOf, navigate } from '../lib/router.ts';

/** A link to a screen: it does not load the page anew, and opens in another tab as links do. */
export function Link({ to, onClick, ...rest }: { readonly to: readonly string[] } & ComponentProps<'a'>) {
  const go = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return <a href={hrefOf(...to)} onClick={go} {...rest} />;
}
