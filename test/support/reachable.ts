import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

export interface ReachOptions {
  /** What scrolls sideways counts as in reach: for screens of phones, whose tables are wider. */
  readonly maySlide?: boolean;
}

/**
 * No control of the page is cut off: each is whole within everything that clips it and within the viewport, or can be brought there by
 * scrolling down. Sideways nothing hides.
 */
export async function assertInReach(page: Page, { maySlide = false }: ReachOptions = {}): Promise<void> {
  assert.deepEqual(await page.evaluate(controlsOutOfReach, maySlide), []);
}

/** Runs in the page: each control that is cut off, and by what. */
function controlsOutOfReach(maySlide: boolean): string[] {
  interface Box {
    left: number;
    right: number;
    top: number;
    bottom: number;
  }
  interface Element {
    readonly parentElement: Element | null;
    readonly tagName: string;
    readonly className: string;
    readonly textContent: string;
    readonly clientWidth: number;
    readonly clientHeight: number;
    readonly clientLeft: number;
    readonly clientTop: number;
    getAttribute(name: string): string | null;
    getBoundingClientRect(): Box;
    checkVisibility(options: object): boolean;
    closest(selector: string): Element | null;
  }
  const { document, getComputedStyle, innerWidth, innerHeight } = globalThis as unknown as {
    document: { querySelectorAll(selector: string): Iterable<Element>; body: Element };
    getComputedStyle(element: Element): {
      overflowX: string;
      overflowY: string;
      position: string;
      clipPath: string;
    };
    innerWidth: number;
    innerHeight: number;
  };
  const CONTROLS =
    'a[href], button, input, select, textarea, summary, [role="tab"], [role="button"], [data-act]';
  /** Parts of pixels are nobody's loss. */
  const SLACK = 1;
  const scrolls = (overflow: string): boolean => overflow === 'auto' || overflow === 'scroll';
  const named = ({ tagName, className, textContent }: Element): string =>
    `${tagName.toLowerCase()}.${String(className).replaceAll(' ', '.')} "${textContent.trim().slice(0, 40)}"`;

  const faultOf = (control: Element): string | undefined => {
    const { left, right, top, bottom } = control.getBoundingClientRect();
    let box: Box = { left, right, top, bottom };
    let isFixed = getComputedStyle(control).position === 'fixed';
    for (
      let at = control.parentElement;
      at !== null && at !== document.body && !isFixed;
      at = at.parentElement
    ) {
      const style = getComputedStyle(at);
      isFixed = style.position === 'fixed' || at.tagName === 'DIALOG';
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const outer = at.getBoundingClientRect();
      const inner: Box = {
        left: outer.left + at.clientLeft,
        right: outer.left + at.clientLeft + at.clientWidth,
        top: outer.top + at.clientTop,
        bottom: outer.top + at.clientTop + at.clientHeight,
      };
      const isWide = box.left < inner.left - SLACK || box.right > inner.right + SLACK;
      const isTall = box.top < inner.top - SLACK || box.bottom > inner.bottom + SLACK;
      if (isWide && style.overflowX !== 'visible' && !(maySlide && scrolls(style.overflowX)))
        return `is cut off sideways by ${named(at)}`;
      if (isTall && style.overflowY !== 'visible' && !scrolls(style.overflowY))
        return `is cut off by ${named(at)}`;
      // What can be scrolled into sight is as well off as the place in which it scrolls.
      if (isWide) box = { ...box, left: inner.left, right: inner.right };
      if (isTall) box = { ...box, top: inner.top, bottom: inner.bottom };
    }
    if (box.left < -SLACK || box.right > innerWidth + SLACK) return 'is beside the viewport';
    if (box.top < -SLACK || (isFixed && box.bottom > innerHeight + SLACK))
      return 'is above or below the viewport';
    return undefined;
  };

  const faults: string[] = [];
  for (const control of document.querySelectorAll(CONTROLS)) {
    // The link that skips to the content comes into sight when it has the focus.
    if (control.closest('.skip') !== null || getComputedStyle(control).clipPath !== 'none') continue;
    if (!control.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const { left, right, top, bottom } = control.getBoundingClientRect();
    if (right - left === 0 || bottom - top === 0) continue;
    const fault = faultOf(control);
    if (fault !== undefined) faults.push(`${named(control)} ${fault}`);
  }
  return faults;
}
