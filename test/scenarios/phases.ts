import { scenario } from './scenario.ts';

/** Phases, schedules, expiry. */
export const PHASES = [
  scenario(
    'phases: a timed phase ends on the tick that reaches its end, with the uncross',
    `
    phase OpeningAuction until 110 then Continuous
      phase Continuous -> OpeningAuction until 110 then Continuous
      done
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    time 109
    tick
      indicative 3@100 surplus buy 2
    time 110
    tick
      auction trade 3@100 alice1 leaves 2 / bob1
      uncrossed 3@100 of OpeningAuction
      phase OpeningAuction -> Continuous
    `,
  ),
  scenario(
    'phases: refused without an end or a next phase, or with an end that has passed',
    `
    phase OpeningAuction until 110
      rejected operator INVALID_CONFIGURATION
    phase OpeningAuction then Continuous
      rejected operator INVALID_CONFIGURATION
    phase OpeningAuction until 100 then Continuous
      rejected operator INVALID_CONFIGURATION
    raw {"type":"SetPhase","instrumentId":1,"phase":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPhase","instrumentId":1,"phase":8}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPhase","instrumentId":9,"phase":4}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetPhase","userId":1,"instrumentId":1,"phase":6}
      rejected alice NOT_ALLOWED
    phase Continuous
      phase Continuous -> Continuous
      done
    phase Halted
      phase Continuous -> Halted
      done
    `,
  ),
  scenario(
    'phases: the closing auction uncrosses into the close, day orders end, others stay',
    `
    alice 1 buy 5@100 day
      accepted alice1 buy 5@100 day
      rested alice1 5@100
    alice 2 sell 5@110 day
      accepted alice2 sell 5@110 day
      rested alice2 5@110
    bob 1 buy 2@99 gtc
      accepted bob1 buy 2@99 gtc
      rested bob1 2@99
    bob 2 buy 1@120 stop 115 day
      accepted bob2 buy 1@120 stop 115 day
    bob 3 sell 1 stop 80 day
      accepted bob3 sell 1 stop 80 day
    bob 4 buy 1@120 stop 114 day
      accepted bob4 buy 1@120 stop 114 day
    bob 5 sell 1 stop 81 gtc
      accepted bob5 sell 1 stop 81 gtc
    phase ClosingAuction
      phase Continuous -> ClosingAuction
      done
    carol 1 sell 3@100 day
      accepted carol1 sell 3@100 day
      rested carol1 3@100
    phase Closed
      auction trade 3@100 alice1 leaves 2 / carol1
      uncrossed 3@100 of ClosingAuction
      phase ClosingAuction -> Closed
      canceled alice1 2 visible 2@100 EndOfDay
      canceled alice2 5 visible 5@110 EndOfDay
      canceled bob4 1 EndOfDay
      canceled bob2 1 EndOfDay
      canceled bob3 1 EndOfDay
      done
    `,
  ),
  scenario(
    'phases: an auction that ends in a halt or a close without an uncross is uncrossed when trading begins',
    `
    phase PreOpen
      phase Continuous -> PreOpen
      done
    alice 1 buy 5@101
      accepted alice1 buy 5@101 gtc
      rested alice1 5@101
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    phase Halted
      phase PreOpen -> Halted
      done
    phase Closed
      phase Halted -> Closed
      done
    phase Continuous
      auction trade 3@101 alice1 leaves 2 / bob1
      uncrossed 3@101 of Closed
      phase Closed -> Continuous
      done
    `,
  ),
  scenario(
    'phases: continuous to continuous does not uncross',
    `
    phase Continuous
      phase Continuous -> Continuous
      done
    phase Continuous until 110 then Halted
      phase Continuous -> Continuous until 110 then Halted
      done
    time 110
    tick
      phase Continuous -> Halted
    `,
  ),
  scenario(
    'schedule: runs the changes of the day in order, also those of a gap, and again the next day',
    `
    schedule 200 PreOpen 300 Continuous 400 Closed
      ScheduleSet
      done
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    time 199
    tick
    time 200
    tick
      phase Continuous -> PreOpen
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    time 450
    tick
      auction trade 5@100 alice1 / bob1
      uncrossed 5@100 of PreOpen
      phase PreOpen -> Continuous
      phase Continuous -> Closed
    time 86600
    tick
      phase Closed -> PreOpen
    `,
  ),
  scenario(
    'schedule: replaced by another or emptied; a time that has passed today waits for tomorrow',
    `
    schedule 50 Halted 150 PreOpen
      ScheduleSet
      done
    time 120
    tick
    schedule
      ScheduleSet
      done
    time 160
    tick
    schedule 10 Halted
      ScheduleSet
      done
    time 86410
    tick
      phase Continuous -> Halted
    `,
  ),
  scenario(
    'schedule: times must ascend within the day',
    `
    schedule 100 PreOpen 100 Continuous
      rejected operator INVALID_CONFIGURATION
    schedule 100 PreOpen 99 Continuous
      rejected operator INVALID_CONFIGURATION
    schedule 86400 PreOpen
      rejected operator INVALID_CONFIGURATION
    schedule 0 PreOpen 86399 Continuous
      ScheduleSet
      done
    raw {"type":"SetSchedule","instrumentId":1,"phase0":8}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetSchedule","instrumentId":9,"phase0":1}
      rejected operator UNKNOWN_INSTRUMENT
    `,
  ),
  scenario(
    'tick: one that is not later than the last does nothing',
    `
    alice 1 buy 5@100 gtd 105
      accepted alice1 buy 5@100 gtd until 105
      rested alice1 5@100
    time 104
    tick
    time 105
    tick
      canceled alice1 5 visible 5@100 Expired
    tick
    time 103
    tick
    alice 2 buy 5@100 gtd 105
      rejected alice2 INVALID_EXPIRY
    alice 3 buy 5@100 gtd 106
      accepted alice3 buy 5@100 gtd until 106
      rested alice3 5@100
    `,
  ),
  scenario(
    'tick: orders expire at their second and not before, in a halt too; until the tick they trade',
    `
    alice 1 buy 5@100 gtd 100
      rejected alice1 INVALID_EXPIRY
    alice 2 buy 5@100 gtd 101
      accepted alice2 buy 5@100 gtd until 101
      rested alice2 5@100
    alice 3 buy 5@100 gtd 150
      accepted alice3 buy 5@100 gtd until 150
      rested alice3 5@100
    tick
    time 101
    tick
      canceled alice2 5 visible 5@100 Expired
    time 149
    tick
    time 150
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      trade 1@100 alice3 leaves 4 / bob1
    alice replace 3 -> 4 5@100 expire 150
      rejected alice4 INVALID_EXPIRY
    alice replace 3 -> 5 5@100 expire 151
      replaced alice3 by alice5 buy 5@100 gtd until 151 cum 1 keeps priority
    tick
    phase Halted
      phase Continuous -> Halted
      done
    time 151
    tick
      canceled alice5 4 visible 4@100 Expired
    `,
  ),
  scenario(
    'tick: orders expire, timed phases end, schedules run, stops trigger, each for all instruments before the next',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    erin 2 sell 1@100 on perp
      accepted erin2 sell 1@100 gtc
      rested erin2 1@100
    frank 2 buy 1@100 on perp
      accepted frank2 buy 1@100 gtc
      trade 1@100 erin2 / frank2
      position bob -1 entry 100 realised 0
      position carol 1 entry 100 realised 0
    schedule 200 Continuous
      ScheduleSet
      done
    phase PreOpen
      phase Continuous -> PreOpen
      done
    phase OpeningAuction until 200 then Continuous on perp
      phase Continuous -> OpeningAuction until 200 then Continuous
      done
    alice 1 buy 2@105 gtd 200
      accepted alice1 buy 2@105 gtd until 200
      rested alice1 2@105
    alice 2 buy 2@104
      accepted alice2 buy 2@104 gtc
      rested alice2 2@104
    bob 1 sell 2@103
      accepted bob1 sell 2@103 gtc
      rested bob1 2@103
    carol 1 buy 1@110 stop 103
      accepted carol1 buy 1@110 stop 103 gtc
    bob 2 sell 3@105
      accepted bob2 sell 3@105 gtc
      rested bob2 3@105
    alice 3 buy 2@95 gtd 200 on perp
      accepted alice3 buy 2@95 gtd until 200
      rested alice3 2@95
    bob 3 sell 1@90 on perp
      accepted bob3 sell 1@90 gtc
      rested bob3 1@90
    bob 4 sell 1@90 stop 95 on perp
      accepted bob4 sell 1@90 stop 95 gtc
    alice 4 buy 1@91 on perp
      accepted alice4 buy 1@91 gtc
      rested alice4 1@91
    alice 5 buy 1@91 on perp
      accepted alice5 buy 1@91 gtc
      rested alice5 1@91
    time 200
    tick
      canceled alice1 2 visible 2@105 Expired
      canceled alice3 2 visible 2@95 Expired
      auction trade 1@91 alice4 / bob3
      position alice 1 entry 91 realised 0
      position bob -2 entry 191 realised 0
      uncrossed 1@91 of OpeningAuction
      phase OpeningAuction -> Continuous
      auction trade 2@103 alice2 / bob1
      uncrossed 2@103 of PreOpen
      phase PreOpen -> Continuous
      triggered carol1
      trade 1@105 bob2 leaves 2 / carol1
      triggered bob4
      trade 1@91 alice5 / bob4
      position alice 2 entry 182 realised 0
      position bob -3 entry 282 realised 0
    `,
  ),
];
