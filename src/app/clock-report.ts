import { ClockEvent, type ClockListener, clockHoldMs } from '#log/log-clock.ts';

interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const CHECK = 'check the time service of this machine ("timedatectl", "chronyc tracking")';

/** Says in the node's log what happens to the log's clock, what that means, and what to do. */
export function clockReport(logger: Logger): ClockListener {
  return (event, aheadMs) => {
    const level = isWarning(event) ? 'warn' : 'info';
    logger[level]({ logTimeOffsetMs: Math.round(aheadMs) }, messageOf(event, aheadMs));
  };
}

function isWarning(event: ClockEvent): boolean {
  return event !== ClockEvent.JumpGone && event !== ClockEvent.CaughtUp && event !== ClockEvent.Resumed;
}

function messageOf(event: ClockEvent, aheadMs: number): string {
  const far = duration(Math.abs(aheadMs));
  switch (event) {
    case ClockEvent.StartedAhead:
      return `the log's last entry is ${far} later than the wall clock: one of the two is wrong. ${slowly(aheadMs)}. If the wall clock is wrong, set it right: ${CHECK}`;
    case ClockEvent.JumpHeld:
      return `the wall clock jumped and is ${far} ${aheadMs > 0 ? 'behind' : 'ahead of'} log time, which goes on without it. ${later(aheadMs)}. If the wall clock is wrong, set it right before that: ${CHECK}`;
    case ClockEvent.JumpGone:
      return 'the wall clock is back from its jump: log time did not follow it';
    case ClockEvent.SetForward:
      return `log time was set forward by ${far}, to the wall clock, which has stayed where it jumped to. If that is wrong, ${CHECK}`;
    case ClockEvent.SlowedDown:
      return `the wall clock has stayed where it jumped back to, ${far} behind log time. ${slowly(aheadMs)}. If the wall clock is wrong, ${CHECK}`;
    case ClockEvent.CaughtUp:
      return 'the wall clock has caught up: log time agrees with it again';
    case ClockEvent.Resumed:
      return `the machine was suspended for ${far}: log time was set forward by as much`;
  }
}

function slowly(aheadMs: number): string {
  return `For ${duration(2 * aheadMs)} log time runs at half speed, and timers and expiries come late, until the wall clock has caught up`;
}

function later(aheadMs: number): string {
  const then =
    aheadMs > 0 ? 'run at half speed until they agree' : 'be set forward: orders expire, phases change';
  return `If the wall clock stays there for ${duration(clockHoldMs(aheadMs))}, log time will ${then}`;
}

/** `90 min`: in the largest unit of which there are at least two. */
function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
