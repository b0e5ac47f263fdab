import { PASSWORD } from './rest-node.ts';

/** A Logon of FIX 4.4 with the user's name and PASSWORD. */
export function fixLogon(user: string): string {
  const time = new Date().toISOString().replaceAll('-', '').replace('T', '-').replace('Z', '');
  const fields = [
    ...['35=A', `49=${user}`, '56=HIVE', '34=1', `52=${time}`, '98=0', '108=30', '141=Y'],
    ...[`553=${user}`, `554=${PASSWORD}`],
  ];
  const body = fields.map((field) => `${field}\x01`).join('');
  const message = `8=FIX.4.4\x019=${body.length}\x01${body}`;
  const sum = [...message].reduce((total, character) => total + character.charCodeAt(0), 0) % 256;
  return `${message}10=${String(sum).padStart(3, '0')}\x01`;
}
