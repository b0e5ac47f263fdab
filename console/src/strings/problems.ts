/** Problems that the console itself has. Those of the node bring their own texts. */
export const problems = {
  unreachable: { title: 'The node does not answer', detail: 'Check the connection, and try again.' },
  sessionEnded: { title: 'Your session was ended', detail: '' },
  bug: { title: 'The console failed', detail: 'Reload the page. If it happens again, report it.' },
};
