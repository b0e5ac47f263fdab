/**
 * Keeps a verified book of a Hive Mind venue: `npx node examples/websocket.mjs [SYMBOL] [URL]`, Node 22 or newer, no packages.
 * Protocol: docs/protocols/websocket.md.
 */
import { crc32 } from 'node:zlib';

const symbol = process.argv[2] ?? 'BTCUSD';
const url = process.argv[3] ?? 'ws://127.0.0.1:26080/ws/v1';
const channel = `book.${symbol}`;

let depth = 0;
let sequence = 0;
let bids = new Map();
let asks = new Map();

const socket = new WebSocket(url);
socket.onopen = () => subscribe();
socket.onclose = ({ code, reason }) => console.log(`closed: ${code} ${reason}`);
socket.onerror = () => console.log(`no venue at ${url}: npm start begins one`);
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.error !== undefined) {
    console.log(`${message.error.code}: ${message.error.detail}`);
    socket.close();
  } else if (message.channel === channel && !apply(message)) {
    console.log('the book does not fit: it is taken anew');
    socket.send(JSON.stringify({ id: 'stop', op: 'unsubscribe', params: { channel } }));
    subscribe();
  }
};

function subscribe() {
  sequence = 0;
  socket.send(JSON.stringify({ id: 'book', op: 'subscribe', params: { channel, depth: 25 } }));
}

/** Takes a message; false when the book is not what it should be. */
function apply(message) {
  if (message.type === 'snapshot') {
    depth = message.depth;
    bids = new Map();
    asks = new Map();
  } else if (sequence === 0) {
    // Of before the new subscription.
    return true;
  } else if (message.previousSequence !== sequence) return false;
  sequence = message.sequence;
  bids = side(bids, message.bids, (a, b) => b - a);
  asks = side(asks, message.asks, (a, b) => a - b);
  if (crc32(`${text(bids)}|${text(asks)}`) !== message.checksum) return false;
  const best = (levels) => [...levels.values()][0]?.slice(0, 2).join(' x ') ?? 'nothing';
  console.log(`${symbol} at ${sequence}: ${best(bids)} bid, ${best(asks)} asked`);
  return true;
}

/** The side with the changes, sorted, cut to the depth that was asked for. */
function side(levels, changes, order) {
  for (const level of changes) {
    const [price, , orders] = level;
    if (orders === 0) levels.delete(price);
    else levels.set(price, level);
  }
  const sorted = [...levels].sort(([a], [b]) => order(Number(a), Number(b)));
  return new Map(sorted.slice(0, depth));
}

/** What the checksum is taken of: the texts as they came, so that nothing depends on how numbers are written. */
function text(levels) {
  return [...levels.values()]
    .slice(0, 25)
    .map(([price, quantity]) => `${price}:${quantity}`)
    .join(',');
}
