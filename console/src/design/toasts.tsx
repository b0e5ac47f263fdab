import { Cell } from '../state/store.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Button } from './button.tsx';

export interface Toast {
  readonly toastNo: number;
  readonly kind: 'good' | 'bad' | 'plain';
  readonly title: string;
  readonly detail?: string | undefined;
}

const TOASTS_MAX = 4;
const GOOD_MS = 4_000;
const BAD_MS = 12_000;

const toasts = new Cell<readonly Toast[]>([]);
let lastNo = 0;

/** Says what happened, at the edge of the screen and to screen readers. */
export function showToast(kind: Toast['kind'], title: string, detail?: string): void {
  const toastNo = ++lastNo;
  toasts.set([...toasts.get(), { toastNo, kind, title, detail }].slice(-TOASTS_MAX));
  setTimeout(() => dismiss(toastNo), kind === 'bad' ? BAD_MS : GOOD_MS);
}

function dismiss(toastNo: number): void {
  toasts.set(toasts.get().filter((toast) => toast.toastNo !== toastNo));
}

/** Where toasts appear. Once in the shell. */
export function Toasts() {
  const all = useStore(toasts);
  return (
    <section className="toasts" aria-label={strings.common.notifications} aria-live="polite">
      {all.map(({ toastNo, kind, title, detail }) => (
        <div key={toastNo} className={`toast ${kind}`}>
          <p>
            <strong>{title}</strong>
            {detail}
          </p>
          <Button look="quiet" isSmall onClick={() => dismiss(toastNo)} aria-label={strings.common.dismiss}>
            ×
          </Button>
        </div>
      ))}
    </section>
  );
}
