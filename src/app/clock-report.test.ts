import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockEvent } from '#log/log-clock.ts';
import { clockReport } from './clock-report.ts';

const CHECK = 'check the time service of this machine ("timedatectl", "chronyc tracking")';

function reportOf(event: ClockEvent, aheadMs: number): string {
  let report = '';
  const take =
    (level: string) =>
    (fields: object, message: string): void => {
      report += `${level} ${JSON.stringify(fields)} ${message}`;
    };
  clockReport({ info: take('info'), warn: take('warn') })(event, aheadMs);
  return report;
}

test('every event says what happened, what it means and what to do', () => {
  const reports = [
    reportOf(ClockEvent.StartedAhead, 5_400_000.4),
    reportOf(ClockEvent.JumpHeld, -7_200_000),
    reportOf(ClockEvent.JumpHeld, 20_000),
    reportOf(ClockEvent.JumpGone, 0),
    reportOf(ClockEvent.SetForward, -10 * 86_400_000),
    reportOf(ClockEvent.SlowedDown, 90_000),
    reportOf(ClockEvent.CaughtUp, 0.7),
    reportOf(ClockEvent.Resumed, -28_800_000),
  ];
  assert.deepEqual(reports, [
    `warn {"logTimeOffsetMs":5400000} the log's last entry is 90 min later than the wall clock: one of the two is wrong. For 3 h log time runs at half speed, and timers and expiries come late, until the wall clock has caught up. If the wall clock is wrong, set it right: ${CHECK}`,
    `warn {"logTimeOffsetMs":-7200000} the wall clock jumped and is 2 h ahead of log time, which goes on without it. If the wall clock stays there for 5 min, log time will be set forward: orders expire, phases change. If the wall clock is wrong, set it right before that: ${CHECK}`,
    `warn {"logTimeOffsetMs":20000} the wall clock jumped and is 20.0 s behind log time, which goes on without it. If the wall clock stays there for 20.0 s, log time will run at half speed until they agree. If the wall clock is wrong, set it right before that: ${CHECK}`,
    'info {"logTimeOffsetMs":0} the wall clock is back from its jump: log time did not follow it',
    `warn {"logTimeOffsetMs":-864000000} log time was set forward by 10 days, to the wall clock, which has stayed where it jumped to. If that is wrong, ${CHECK}`,
    `warn {"logTimeOffsetMs":90000} the wall clock has stayed where it jumped back to, 90.0 s behind log time. For 3 min log time runs at half speed, and timers and expiries come late, until the wall clock has caught up. If the wall clock is wrong, ${CHECK}`,
    'info {"logTimeOffsetMs":1} the wall clock has caught up: log time agrees with it again',
    'info {"logTimeOffsetMs":-28800000} the machine was suspended for 8 h: log time was set forward by as much',
  ]);
});
