export const firstRun = {
  title: 'Set up the venue',
};
