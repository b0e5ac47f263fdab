import { useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Check } from '../../design/field.tsx';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { settings, type TradeSettings } from './settings.ts';

const texts = strings.trade.settings;
const CHOICES = ['confirmOrders', 'clickToTrade', 'confirmClicks', 'confirmCancelAll', 'hotKeys'] as const;

/** What is asked before it is done, and the hot keys. */
export function SettingsButton() {
  const [isOpen, setIsOpen] = useState(false);
  const chosen: TradeSettings = useStore(settings);
  return (
    <>
      <Button isSmall look="quiet" onClick={() => setIsOpen(true)}>
        {texts.open}
      </Button>
      {isOpen && (
        <Dialog title={texts.title} onClose={() => setIsOpen(false)}>
          <div className="dialog-body">
            <div className="settings-choices">
              {CHOICES.map((name) => (
                <Check
                  key={name}
                  label={texts[name]}
                  checked={chosen[name]}
                  onChange={(event) => settings.set({ ...chosen, [name]: event.target.checked })}
                />
              ))}
            </div>
            <dl className="keys">
              {texts.keys.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    <kbd>{keys}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
            <div className="dialog-actions">
              <Button look="primary" onClick={() => setIsOpen(false)}>
                {strings.common.close}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
