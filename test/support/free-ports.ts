import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the ports that the kernel gives to outgoing connections: one that is free stays free while its server is down. */
const PORT_MIN = 10_000;
const PORT_MAX = 25_000;
/** A file for each port that is taken, with the number of the process: test files run at the same time, and servers come and go. */
const TAKEN = join(tmpdir(), 'hive-test-ports');
/** Those of this process. */
const own: string[] = [];
process.on('exit', () => {
  for (const file of own) rmSync(file, { force: true });
});

/** Ports of loopback that nobody listens on, all different. They are this process's until it ends, whether it listens there or not. */
export async function freePorts(count: number): Promise<number[]> {
  mkdirSync(TAKEN, { recursive: true });
  const ports: number[] = [];
  while (ports.length < count) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (take(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

/** Whether the port is this process's now, and was nobody's. */
function take(port: number): boolean {
  const file = join(TAKEN, String(port));
  if (isOver(file)) rmSync(file, { force: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
  own.push(file);
  return true;
}

/** Whether the process that took the port has ended without giving it back. */
function isOver(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // One that has just made its file has yet to write its number.
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    listener.once('error', () => resolve(false));
    listener.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isFree) await new Promise((resolve) => listener.close(resolve));
  return isFree;
}
