/**
 * Loads all that a node runs, and runs nothing of it: with NODE_COMPILE_CACHE set, what comes later finds these sources stripped
 * and compiled. bin/hive.js runs it before it starts a node on sources that have changed.
 */
import './cli.ts';
import './demo/demo-thread.ts';
import './threads/archive-thread.ts';
import './threads/edge-thread.ts';
import './threads/market-data-thread.ts';
