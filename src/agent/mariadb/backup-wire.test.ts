import { PassThrough, Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { carryBackup, takeBackup, trailerOf } from './backup-wire.ts';

const never = new AbortController().signal;
const soon = () => new Promise(setImmediate);

/** Keeps what it is given, and whether it was told that this was all. */
function createSink(delay: () => Promise<unknown> = async () => {}) {
  const chunks: Buffer[] = [];
  const state = { ended: false };
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      delay().then(() => done());
    },
    final(done) {
      state.ended = true;
      done();
    },
  });
  return { sink, state, bytes: () => Buffer.concat(chunks) };
}

function noise(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 31 + (index >> 8)) & 255));
}

/** Sends `bytes` in chunks of `size`, each with memory of its own, and then the end. */
async function feed(connection: PassThrough, bytes: Buffer, size: number): Promise<void> {
  for (let from = 0; from < bytes.length; from += size) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(size, bytes.length - from));
    bytes.copy(chunk, 0, from);
    if (!connection.write(chunk)) await new Promise((drained) => connection.once('drain', drained));
  }
  connection.end();
}

const WHOLE = [
  { name: 'an empty one', bytes: 0, size: 10 },
  { name: 'one that comes byte by byte', bytes: 100, size: 1 },
  { name: 'one of less than a piece', bytes: 200_000, size: 16_384 },
  { name: 'one whose trailer begins in one piece and ends in the next', bytes: 262_144 - 5, size: 16_384 },
  { name: 'one of many pieces', bytes: 3_000_001, size: 16_383 },
  { name: 'one in chunks larger than a piece', bytes: 3_000_000, size: 700_000 },
];

test.each(WHOLE)('$name arrives as it was sent, without its trailer', async ({ bytes, size }) => {
  const sent = noise(bytes);
  const connection = new PassThrough();
  const { sink, state, bytes: got } = createSink(soon);
  const taken = takeBackup(connection, sink, () => null, never);
  await feed(connection, Buffer.concat([sent, trailerOf(bytes)]), size);
  expect(await taken).toBe(bytes);
  expect(state.ended).toBe(true);
  expect(got().equals(sent)).toBe(true);
});

const all = noise(1_000_000);
const BROKEN: { name: string; sent: Buffer }[] = [
  { name: 'ends at once', sent: Buffer.alloc(0) },
  { name: 'ends before the trailer', sent: all },
  { name: 'ends early, between two chunks', sent: all.subarray(0, 500_000) },
  { name: 'ends in the middle of the trailer', sent: Buffer.concat([all, trailerOf(1_000_000).subarray(0, 31)]) },
  { name: 'brings one byte less than it tells', sent: Buffer.concat([all.subarray(1), trailerOf(1_000_000)]) },
  { name: 'brings more than it tells', sent: Buffer.concat([all, trailerOf(999_999)]) },
  { name: 'goes on behind the trailer', sent: Buffer.concat([all, trailerOf(1_000_000), Buffer.from('x')]) },
];

test.each(BROKEN)('a connection that $name is a failure, and nobody is told that it was all', async ({ sent }) => {
  const connection = new PassThrough();
  const { sink, state } = createSink();
  const taken = takeBackup(connection, sink, () => null, never);
  const failed = expect(taken).rejects.toThrow('broke off');
  await feed(connection, sent, 16_384);
  await failed;
  await soon();
  expect(state.ended).toBe(false);
  expect(connection.destroyed).toBe(true);
});

test('it fails with whoever unpacks, with the connection, and when it is called off', async () => {
  const stop = new AbortController();
  const ends = [
    { end: (_: PassThrough, sink: Writable) => sink.destroy(new Error('no room')), why: 'no room' },
    { end: (_: PassThrough, sink: Writable) => sink.destroy(), why: 'ended before it was whole' },
    { end: (connection: PassThrough) => connection.destroy(new Error('reset')), why: 'reset' },
    { end: (connection: PassThrough) => connection.destroy(), why: 'broke off' },
    { end: () => stop.abort(new Error('paused too long')), why: 'paused too long' },
  ];
  for (const { end, why } of ends) {
    const connection = new PassThrough();
    const { sink, state } = createSink();
    const failed = expect(takeBackup(connection, sink, () => null, stop.signal)).rejects.toThrow(why);
    connection.write(Buffer.alloc(300_000));
    await soon();
    end(connection, sink);
    await failed;
    expect([why, state.ended, connection.destroyed]).toEqual([why, false, true]);
  }
});

test('a receiver that takes nothing holds its sender back, with a megabyte at most on its way', async () => {
  const connection = new PassThrough();
  let taken = 0;
  const sink = new Writable({ write() {} });
  const count = (bytes: number) => {
    taken += bytes;
    return null;
  };
  takeBackup(connection, sink, count, never).catch(() => {});
  void feed(connection, noise(5_000_000), 16_384);
  for (let turn = 0; turn < 500; turn++) await soon();
  expect(taken).toBeGreaterThan(700_000);
  expect(taken).toBeLessThan(1_050_000);
  connection.destroy();
});

test('so does a giver whose connection takes nothing, and both wait for whoever counts the bytes', async () => {
  let sent = 0;
  const count = (bytes: number) => {
    sent += bytes;
    return null;
  };
  const source = () => Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(65_536)));
  const carried = carryBackup(source(), new Writable({ write() {} }), count);
  carried.catch(() => {});
  for (let turn = 0; turn < 100; turn++) await soon();
  expect(sent).toBeLessThan(300_000);

  let goOn = () => {};
  let seen = 0;
  const waiting = (bytes: number) => {
    seen += bytes;
    return new Promise<void>((resolve) => {
      goOn = resolve;
    });
  };
  const whole = carryBackup(source(), createSink().sink, waiting);
  for (let turn = 1; turn <= 100; turn++) {
    for (let wait = 0; wait < 5; wait++) await soon();
    expect(seen).toBe(turn * 65_536);
    goOn();
  }
  expect(await whole).toBe(100 * 65_536);
});

test('what is given breaks off with its program, and with its connection', async () => {
  const broken = new PassThrough();
  const first = expect(carryBackup(broken, createSink().sink, () => null)).rejects.toThrow('broke off');
  broken.write('half');
  await soon();
  broken.destroy();
  await first;
  const { sink } = createSink();
  const second = expect(carryBackup(new PassThrough(), sink, () => null)).rejects.toThrow('gone');
  sink.destroy();
  await second;
});
