/** A file of observations as it is being recorded: only whole lines reach it, so that it can be replayed however it ends. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { reasonOf } from '../config/load.ts';
import { Trouble } from './trouble.ts';

export interface ObservationFile {
  write(piece: Uint8Array): void;
  /** Adds a last line with this reason, or none where the sender wrote one itself; closes the file. */
  end(why: string | null): void;
  readonly lines: number;
  readonly bytes: number;
}

const LINE_END = 0x0a;
/** Longer than any line of ours. */
const MOST_LINE_BYTES = 64 * 1024 * 1024;

/** Throws Trouble when there is such a file already, unless `force`, or when it cannot be written. Mode 0600. */
export function createObservationFile(path: string, force: boolean): ObservationFile {
  const file = open(path, force);
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let newest = Buffer.alloc(0);
  let lines = 0;
  let bytes = 0;
  const put = (whole: Buffer) => {
    try {
      for (let done = 0; done < whole.length; ) done += writeSync(file, whole, done);
    } catch (error) {
      throw new Trouble(`${path} cannot be written: ${reasonOf(error)}`);
    }
    bytes += whole.length;
    for (const byte of whole) if (byte === LINE_END) lines += 1;
  };
  return {
    get lines() {
      return lines;
    },
    get bytes() {
      return bytes;
    },
    write(piece) {
      const cut = piece.lastIndexOf(LINE_END);
      if (cut === -1) {
        restBytes += piece.length;
        if (restBytes > MOST_LINE_BYTES) throw new Trouble('What comes is not made of lines: that is no controller.');
        rest.push(piece);
        return;
      }
      const whole = Buffer.concat([...rest, piece.subarray(0, cut + 1)]);
      rest = [piece.subarray(cut + 1)];
      restBytes = rest[0]!.length;
      newest = whole.subarray(whole.lastIndexOf(LINE_END, whole.length - 2) + 1);
      put(whole);
    },
    end(why) {
      const { at, kind } = lastLine(newest);
      if (why !== null && kind !== 'end') put(Buffer.from(`${JSON.stringify({ at, kind: 'end', why })}\n`));
      closeSync(file);
    },
  };
}

function open(path: string, force: boolean): number {
  try {
    return openSync(path, force ? 'w' : 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new Trouble(`${path} is there already: name another file, or overwrite it with --force.`);
    throw new Trouble(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

function lastLine(text: Buffer): { at: number; kind: string } {
  const { at = 0, kind = '' } =
    text.length === 0 ? {} : (JSON.parse(text.toString('utf8')) as { at?: number; kind?: string });
  return { at, kind };
}
