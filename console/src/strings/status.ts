export const status = {
  title: 'Status',
  overall: {
    operational: 'Everything works',
    degraded: 'Something works worse than it should',
    outage: 'The venue is out of service',
  },
  withIncident: 'Everything measured works, and an incident is open',
  states: { operational: 'Operational', degraded: 'Degraded', outage: 'Outage' },
  components: {
    'order-entry': 'Order entry',
    matching: 'Matching',
    'market-data': 'Market data',
    rest: 'REST',
    'web-socket': 'WebSocket',
    fix: 'FIX',
    log: 'Log',
    archive: 'Archive',
    backup: 'Backup',
  } as Readonly<Record<string, string>>,
  node: (number: string) => `Node ${number}`,
  measuredBy: (node: number, seconds: number) => `As node ${node} sees it, measured every ${seconds} seconds`,
  updated: (time: string) => `as of ${time}`,
  partsTitle: 'Parts',
  lacking: {
    uptime: 'Uptime cannot be read now.',
    incidents: 'Incidents cannot be read now: the node writes its history anew.',
  },
  uptime: (percent: string) => `${percent} % up`,
  notMeasured: 'Not measured yet',
  daysAgo: (days: number) => `${days} days ago`,
  today: 'today',
  barLabel: (part: string, days: number, measured: number, percent: string | undefined, bad: number) =>
    measured === 0
      ? `${part}: nothing was measured in the last ${days} days.`
      : `${part}, last ${days} days: ${percent} % of ${measured} measured minutes without outage; ${
          bad === 0
            ? 'no day with a fault.'
            : `${bad} ${bad === 1 ? 'day' : 'days'} with a fault, listed below.`
        }`,
  legend: {
    title: 'A bar is a day (UTC)',
    operational: 'no fault',
    degraded: 'degraded at some time',
    outage: 'outage at some time',
    none: 'not measured',
  },
  faults: {
    title: 'Days with faults, as text',
    none: 'No part had a fault on a day that was measured.',
    part: 'Part',
    day: 'Day',
    degraded: 'Degraded, min',
    outage: 'Outage, min',
    measured: 'Measured, min',
  },
  incidents: {
    open: 'Now',
    past: 'Before',
    noneOpen: 'No incident is open.',
    nonePast: (days: number) => `No incident was closed in the last ${days} days.`,
    states: {
      investigating: 'Investigating',
      identified: 'Identified',
      monitoring: 'Monitoring',
      resolved: 'Resolved',
    },
    severities: { minor: 'Minor', major: 'Major', critical: 'Critical' },
    affects: (parts: string) => `Affects ${parts}`,
    write: 'Report an incident',
    update: 'Update',
    updateOf: (title: string) => `Update: ${title}`,
    posted: 'The public is told',
    titleField: 'Title',
    titleNote: 'What it is about, for everybody: up to 64 characters',
    textField: 'What the public is told',
    textNote: 'Up to 256 characters, without accents',
    severity: 'Severity',
    severityNote: {
      minor: 'Works worse; nobody is kept from trading',
      major: 'Some cannot use what is affected',
      critical: 'Nobody can use what is affected',
    },
    state: 'State',
    components: 'Affected parts',
    noComponent: 'Choose at least one part',
    post: 'Tell the public',
    reasonNote: 'For the log, not public: 1 to 64 printable characters',
    reasonDefault: 'status page',
  },
  about: {
    title: 'How this is measured',
    text: (seconds: number, days: number) =>
      `The node looks at its parts every ${seconds} seconds. A minute counts as the worst that was measured in it; minutes in which the node did not run are not measured. Figures are kept for ${days} days. The exact rules are in docs/status.md.`,
    machine: 'The same for machines',
    signIn: 'Sign in',
  },
};
