import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './app.css';
import { App } from './app.tsx';
import { startConsole } from './console.ts';
import { applyTheme } from './design/theme.ts';

applyTheme();
startConsole();
// A key that is held down presses no button again, and sends no form again: an order counts once.
addEventListener('keydown', (event) => {
  if (event.repeat && event.key === 'Enter') event.preventDefault();
});
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
