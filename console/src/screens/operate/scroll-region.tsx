import type { ReactNode } from 'react';

/** What may be wider or longer than its place: the keyboard reaches it, so that it can be scrolled. */
export function ScrollRegion({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section with a name is such a region, and would be a second one in its panel
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <div className="scroll-region" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
