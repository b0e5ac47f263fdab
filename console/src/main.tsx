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
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
