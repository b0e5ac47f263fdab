#!/usr/bin/env node
// `kubectl compliance-check`: kubectl runs the program of this name that it finds on the PATH.
process.argv.splice(2, 0, 'kubernetes', 'compliance-check');
await import('./hive.js');
