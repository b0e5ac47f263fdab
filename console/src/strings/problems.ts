/** Problems that the console itself has. Those of the node bring their own texts. */
export const problems = {
  unreachable: { title: 'The node does not answer', detail: 'Check the connection, and try again.' },
  sessionEnded: { title: 'Your session was ended', detail: '' },
  part: {
    title: 'A part of the console could not be loaded',
    detail: 'The node did not answer, or it has another version by now: reload the page.',
  },
  bug: { title: 'The console failed', detail: 'Reload the page. If it happens again, report it.' },
};
