/**
 * A backup on its way from agent to agent: the program's bytes as they come, and behind them a trailer that tells how many they were. The
 * giver writes it only when its program ended well, so whatever ends a connection before it has ended a part.
 *
 *   mariabackup ──▶ carryBackup ──▶ connection ──▶ takeBackup ──▶ mbstream
 */
import type { Duplex, Readable, Writable } from 'node:stream';

/** What the connection is upgraded to. */
export const BACKUP_PROTOCOL = 'mbstream';

/** Told of all bytes that pass, as they do; no more come before what it answers has resolved. */
export type Passing = (bytes: number) => Promise<unknown> | null;

const MARK = 'holdfast: whole ';
const DIGITS = 15;
const TRAILER_BYTES = MARK.length + DIGITS + 1;
/** What comes in small pieces is handed on in such: every piece costs a system call. */
const PIECE_BYTES = 256 * 1024;
/** So many of them wait at most for who takes them. */
const MOST_PIECES = 3;

/** Follows the last of so many bytes. */
export function trailerOf(bytes: number): Buffer {
  return Buffer.from(`${MARK}${String(bytes).padStart(DIGITS, '0')}\n`);
}

/**
 * Hands every byte of `source` to `sink`, which stays open, no faster than it takes them, and resolves with their number when `source` has
 * ended. Rejects when either fails or closes before. The memory of what comes is given back.
 */
export function carryBackup(source: Readable, sink: Writable, passing: Passing): Promise<number> {
  const valve = createValve(source);
  let bytes = 0;
  const written = (chunk: Buffer) => (error?: Error | null) => {
    if (!error) release(chunk);
  };
  return new Promise((resolve, reject) => {
    sink.once('error', reject);
    sink.once('close', () => reject(new Error('the receiver has gone')));
    source.once('error', reject);
    source.once('close', () => reject(new Error('the program’s output broke off')));
    source.once('end', () => resolve(bytes));
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const held = passing(chunk.length);
      if (!sink.write(chunk, written(chunk))) valve.hold(new Promise<void>((drained) => sink.once('drain', drained)));
      if (held !== null) valve.hold(held);
    });
  });
}

/**
 * Hands what comes over `connection` to `sink` and ends that, but only when the trailer has come and tells the same number of bytes, which
 * it resolves with. Rejects when anything else ends it, or `signal` aborts; `sink` is not ended then.
 */
export function takeBackup(connection: Duplex, sink: Writable, passing: Passing, signal: AbortSignal): Promise<number> {
  const valve = createValve(connection);
  const pieces = createPieces(sink, valve);
  let bytes = 0;
  let abort = () => {};
  const taking = new Promise<number>((resolve, reject) => {
    const brokeOff = () => reject(new Error(`the backup broke off after ${bytes} bytes`));
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    sink.once('error', reject);
    sink.once('close', () => reject(new Error('who unpacks the backup ended before it was whole')));
    connection.once('error', reject);
    connection.once('close', brokeOff);
    connection.once('end', () => {
      const whole = bytes - TRAILER_BYTES;
      if (whole < 0 || !pieces.heldBack().equals(trailerOf(whole))) return brokeOff();
      // All is here: what becomes of the connection while it is unpacked does not matter.
      for (const [event, listener] of [
        ['error', reject],
        ['close', brokeOff],
      ] as const)
        connection.off(event, listener);
      pieces.finish();
      sink.end((error?: Error | null) => (error ? reject(error) : resolve(whole)));
    });
    connection.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const held = passing(chunk.length);
      if (held !== null) valve.hold(held);
      pieces.add(chunk);
      release(chunk);
    });
  });
  // Also after an error, which may come more than once.
  connection.on('error', () => {});
  return taking.finally(() => {
    signal.removeEventListener('abort', abort);
    connection.destroy();
  });
}

/** Gathers small chunks to large pieces for `sink`; the newest bytes, as many as a trailer has, are always held back. */
function createPieces(sink: Writable, valve: Valve) {
  const free: Buffer[] = [];
  let piece: Buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let filled = 0;
  let waiting = 0;
  let roomAgain: (() => void) | null = null;

  const written = (buffer: Buffer) => (error?: Error | null) => {
    if (error) return;
    free.push(buffer);
    waiting -= 1;
    roomAgain?.();
    roomAgain = null;
  };
  const handOn = () => {
    const full = piece;
    const end = filled - TRAILER_BYTES;
    piece = free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    filled = full.copy(piece, 0, end, filled);
    waiting += 1;
    sink.write(full.subarray(0, end), written(full));
    if (waiting >= MOST_PIECES && roomAgain === null) {
      valve.hold(
        new Promise<void>((resolve) => {
          roomAgain = resolve;
        }),
      );
    }
  };
  return {
    add(chunk: Buffer) {
      for (let from = 0; from < chunk.length; ) {
        const copied = chunk.copy(piece, filled, from);
        from += copied;
        filled += copied;
        if (filled === PIECE_BYTES) handOn();
      }
    },
    heldBack: () => piece.subarray(Math.max(0, filled - TRAILER_BYTES), filled),
    /** All but what is held back. */
    finish: handOn,
  };
}

interface Valve {
  /** Nothing comes before that has resolved. */
  hold(until: Promise<unknown>): void;
}

function createValve(source: Readable): Valve {
  let holding = 0;
  const open = () => {
    holding -= 1;
    if (holding === 0) source.resume();
  };
  return {
    hold(until) {
      holding += 1;
      source.pause();
      until.then(open, open);
    },
  };
}

/**
 * Gives a chunk's memory back at once. What thousands of them hold outside of the heap otherwise makes the collector search the whole heap
 * again and again: more than half of the processor time of a stream. Only for a chunk that has its memory to itself, and that nobody uses
 * any more.
 */
function release(chunk: Buffer): void {
  if (chunk.buffer instanceof ArrayBuffer && chunk.length === chunk.buffer.byteLength) chunk.buffer.transfer(0);
}
