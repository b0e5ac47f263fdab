import { common } from './strings/common.ts';
import { firstRun } from './strings/first-run.ts';
import { operate } from './strings/operate.ts';
import { operateLog } from './strings/operate-log.ts';
import { problems } from './strings/problems.ts';
import { replay } from './strings/replay.ts';
import { risk } from './strings/risk.ts';
import { signIn } from './strings/sign-in.ts';
import { status } from './strings/status.ts';
import { trade } from './strings/trade.ts';

/** Every English text of the console. A screen has a file of its own in strings/. */
export const strings = {
  common,
  problems,
  signIn,
  firstRun,
  trade,
  operate,
  operateLog,
  risk,
  replay,
  status,
};
