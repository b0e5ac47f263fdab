/**
 * Counts the machine instructions of V8's optimized code in a benchmark: which function takes how many, for each time that it is
 * entered, and, with `--function NAME`, which instruction ran how often. Exact, on any machine, however busy; and blind to what an
 * instruction waits for. Needs valgrind (`apt-get install valgrind`); takes a hundred times as long as the benchmark does.
 *
 * `node scripts/count-instructions.ts [--function NAME] bench/core.ts --scenario deep-narrow --commands 400000 --repetitions 8`
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../bin/runtime.js';

const FUNCTIONS_SHOWN = 50;
const MILLION = 1e6;

interface Instruction {
  readonly address: number;
  readonly text: string;
}

/** A function as V8 made it once; it may be made again. */
interface Code {
  readonly name: string;
  readonly instructions: Instruction[];
}

const [option, name] = process.argv.slice(2);
const listed = option === '--function' ? name : undefined;
const command = process.argv.slice(listed === undefined ? 2 : 4);
if (!command[0]?.endsWith('.ts') || spawnSync('valgrind', ['--version']).status !== 0) {
  console.error('Usage: node scripts/count-instructions.ts [--function NAME] BENCHMARK.ts [OPTION…]');
  console.error('It needs valgrind: apt-get install valgrind');
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'instructions-'));
try {
  const counts = join(directory, 'counts');
  const codes = join(directory, 'codes');
  const node = [process.execPath, ...NODE_FLAGS, '--print-opt-code', ...command];
  // Once without counting: what has to be stripped of its types makes V8 look at every array (bin/runtime.js).
  run(node, codes);
  const valgrind = ['--tool=callgrind', '--dump-instr=yes', `--callgrind-out-file=${counts}`];
  run(['valgrind', ...valgrind, '--smc-check=all-non-file', ...node], codes);
  report(await readCodes(codes), await readCounts(counts));
} finally {
  rmSync(directory, { recursive: true });
}

function run([program, ...options]: string[], outFile: string): void {
  const out = openSync(outFile, 'w');
  const env = { ...NODE_ENVIRONMENT, ...process.env };
  const { status } = spawnSync(program, options, { stdio: ['ignore', out, out], env });
  if (status !== 0) throw new Error(`${program} ${options.join(' ')} ended with ${status}`);
}

/** How often the instruction at each address ran: https://valgrind.org/docs/manual/cl-format.html, with compressed positions. */
async function readCounts(file: string): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  let address = 0;
  let isCall = false;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line.startsWith('calls=')) isCall = true;
    else if (/^[0+*-]/.test(line)) {
      const [position, , count] = line.split(' ');
      address = positionAfter(address, position);
      // The line behind `calls=` is what the call cost in all, which is counted where it was spent.
      if (!isCall) counts.set(address, (counts.get(address) ?? 0) + Number(count ?? 0));
      isCall = false;
    }
  }
  return counts;
}

function positionAfter(address: number, position: string): number {
  if (position === '*') return address;
  if (position.startsWith('+')) return address + Number(position.slice(1));
  if (position.startsWith('-')) return address - Number(position.slice(1));
  return Number.parseInt(position, 16);
}

async function readCodes(file: string): Promise<Code[]> {
  const codes: Code[] = [];
  let instructions: Instruction[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const instruction = /^0x([0-9a-f]+) +[0-9a-f]+ +[0-9a-f]+ +(.*)$/.exec(line);
    if (line.startsWith('--- Optimized code')) instructions = [];
    else if (line.startsWith('name = ')) codes.push({ name: line.slice('name = '.length), instructions });
    else if (instruction !== null)
      instructions.push({ address: Number.parseInt(instruction[1], 16), text: instruction[2] });
  }
  return codes;
}

function report(codes: readonly Code[], counts: ReadonlyMap<number, number>): void {
  const ran = ({ address }: Instruction): number => counts.get(address) ?? 0;
  const functions = codes
    .map((code) => ({
      ...code,
      total: code.instructions.reduce((sum, instruction) => sum + ran(instruction), 0),
      entered: code.instructions.length === 0 ? 0 : ran(code.instructions[0]),
    }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total);
  console.log('  million   for each entry      entered  function');
  for (const { name, total, entered } of functions.slice(0, FUNCTIONS_SHOWN)) {
    const each = entered === 0 ? '-' : (total / entered).toFixed(0);
    console.log(
      (total / MILLION).toFixed(1).padStart(9),
      each.padStart(16),
      String(entered).padStart(12),
      ` ${name}`,
    );
  }
  if (listed === undefined) return;
  const found = functions.find((code) => code.name === listed);
  if (found === undefined) throw new Error(`no optimized function ${listed} ran`);
  console.log();
  for (const instruction of found.instructions) {
    const share = ran(instruction) / Math.max(found.entered, 1);
    if (share > 0) console.log(share.toFixed(2).padStart(8), instruction.text);
  }
}
