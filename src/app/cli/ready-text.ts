import { speaksTls } from '../config/access-section.ts';
import type { Configuration } from '../config/configuration.ts';
import { DEMO_TRADER, demoPasswordFile, readDemoPasswords } from '../demo/demo-passwords.ts';
import { DEMO_INSTRUMENTS } from '../demo/demo-venue.ts';
import { fairPriceOf } from '../demo/fair-price.ts';
import { shellWord } from './shell-word.ts';

/** What a node says of itself when it is ready. */
export interface Ready {
  readonly nodeId: number;
  readonly dataDirectory: string;
  readonly ouch: { readonly host: string; readonly port: number };
  readonly marketData: { readonly host: string; readonly port: number; readonly snapshotPort: number };
  /** Absent: there is no such door. */
  readonly http?: { readonly host: string; readonly port: number };
  readonly fix?: { readonly host: string; readonly port: number };
  readonly sequence: number;
  readonly demo: readonly string[];
}

/** The lines that a person sees when a node is ready: where it is, and what to do next. */
export function readyText(configuration: Configuration, ready: Ready): string {
  const { ouch, marketData, http, fix, dataDirectory, sequence, nodeId, demo } = ready;
  const isDefaultDirectory = configuration.dataDirectory === 'data';
  const where = isDefaultDirectory ? '' : ` --data-dir ${shellWord(configuration.dataDirectory)}`;
  const lines = [
    '',
    `Hive Mind: node ${nodeId} is ready. Log entry ${sequence}, data directory ${dataDirectory}`,
    `  orders       ${ouch.host}:${ouch.port}  OUCH 5.0 over SoupBinTCP`,
    `  market data  ${marketData.host}:${marketData.port}  ITCH 5.0 over SoupBinTCP; snapshots at port ${marketData.snapshotPort}`,
  ];
  if (http !== undefined)
    lines.push(
      `  HTTP         ${http.host}:${http.port}  REST, its reference at /docs; WebSocket at /ws/v1`,
      `  console      ${consoleUrl(configuration, http)}`,
    );
  if (fix !== undefined) {
    const { compId } = configuration.fix;
    lines.push(`  FIX          ${fix.host}:${fix.port}  4.2, 4.4, 5.0 SP2; TargetCompID ${compId}`);
  }
  lines.push('');
  if (demo.length > 0) lines.push(...demoLines(configuration, demo), '', 'In another terminal:');
  else lines.push('No demo market. In another terminal:');
  lines.push(`  npx hive status${where}`);
  if (demo.length > 0) lines.push(...orderLines(configuration, where));
  lines.push(
    `  npx hive log tail${where}`,
    `  npx hive log verify${where}`,
    '',
    'Ctrl-C stops the node. kill -9 does too, and loses nothing that was acknowledged.',
    '',
  );
  return lines.join('\n');
}

/** Where a browser finds the console. A node that listens everywhere is found at this machine too. */
function consoleUrl(
  { http: listener, tls }: Configuration,
  { host, port }: NonNullable<Ready['http']>,
): string {
  const scheme = speaksTls(listener, tls !== undefined) ? 'https' : 'http';
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}:${port}/`;
}

function demoLines({ demo, dataDirectory }: Configuration, symbols: readonly string[]): string[] {
  const password = readDemoPasswords(dataDirectory)?.[DEMO_TRADER] ?? '';
  return [
    `Demo market: ${symbols.join(', ')}; five participants send ${demo.messagesPerSecond} messages/s over the same gateway.`,
    `  You are user ${DEMO_TRADER}, password ${password} (kept in ${demoPasswordFile(dataDirectory)}).`,
  ];
}

function orderLines({ demo }: Configuration, where: string): string[] {
  const [{ symbol, centreTicks }] = DEMO_INSTRUMENTS;
  const nowSeconds = Date.now() / 1_000;
  const fair = fairPriceOf(0, centreTicks, demo.seed).at(nowSeconds) / 100;
  return [
    `  npx hive order place buy 0.01 ${symbol} --market${where}`,
    `  npx hive order place buy 0.5 ${symbol} --price ${Math.round(fair * 0.99)}.00${where}`,
    `  npx hive market ${symbol}${where}`,
  ];
}
