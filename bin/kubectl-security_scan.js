#!/usr/bin/env node
// `kubectl security-scan`: kubectl runs the program of this name that it finds on the PATH.
process.argv.splice(2, 0, 'kubernetes', 'security-scan');
await import('./hive.js');
