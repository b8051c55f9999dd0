/** The lines of a file of observations, one at a time: such a file may be larger than memory. */
import { createReadStream } from 'node:fs';
import { reasonOf } from '../config/load.ts';
import { HoldfastError } from '../errors.ts';

export interface FileLine {
  text: string;
  /** False: the last line, without its end; whoever wrote it may have died in the middle. */
  whole: boolean;
}

/** A report is at most 16 MB; a longer line is none of ours. */
const MOST_LINE_CHARS = 32 * 1024 * 1024;

/** @throws HoldfastError `observations-unreadable` */
export async function* linesOfFile(file: string): AsyncGenerator<FileLine> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
      const pieces = (chunk as string).split('\n');
      pieces[0] = rest + pieces[0];
      rest = pieces.pop()!;
      if (rest.length > MOST_LINE_CHARS) throw new Error('a line of it has no end: it is not a file of observations');
      for (const text of pieces) yield { text, whole: true };
    }
  } catch (error) {
    throw new HoldfastError('observations-unreadable', { file, why: reasonOf(error) }, [], error);
  }
  if (rest !== '') yield { text: rest, whole: false };
}
