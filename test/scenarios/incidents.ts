import { type Scenario, scenario } from './scenario.ts';

const INCIDENT =
  '"type":"PostIncident","incidentId":7,"components":65,"severity":2,"state":1,"title":"Slow","text":"We are looking"';

/** What the public is told about incidents. */
export const INCIDENTS: readonly Scenario[] = [
  scenario(
    'incidents: operations and admins tell the public',
    `
    raw {${INCIDENT}}
      incident 7: Slow
      done
    raw {${INCIDENT},"userId":13}
      incident 7: Slow
      done for olga
    raw {${INCIDENT},"userId":15,"state":4}
      incident 7: Slow
      done for adam
    raw {${INCIDENT},"userId":12}
      rejected rita NOT_ALLOWED
    raw {${INCIDENT},"userId":14}
      rejected cora NOT_ALLOWED
    raw {${INCIDENT},"userId":1}
      rejected alice NOT_ALLOWED
    `,
  ),
  scenario(
    'incidents: what is outside its range is malformed',
    `
    raw {${INCIDENT},"incidentId":0}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"components":0}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"components":512}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"severity":0}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"severity":4}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"state":0}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"state":5}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"title":""}
      rejected operator MALFORMED_COMMAND
    raw {${INCIDENT},"text":""}
      rejected operator MALFORMED_COMMAND
    `,
  ),
];
