import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './app.css';
import { App } from './app.tsx';
import { session, socket } from './console.ts';
import { applyTheme } from './design/theme.ts';

applyTheme();
void session.start();
socket.start();
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
