/**
 * One stretch of a recording on its way to a reader: lines wait as references, are put into words a piece at a time as the reader
 * takes them, and a reader that is too slow is cut off rather than waited for.
 */
import type { Usual } from '../detect/index.ts';
import type { MonoMs, Placement, SiteRecord, WallMs } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Change } from '../record/observations/changes.ts';
import type { Header } from '../record/observations/lines.ts';
import { toPlacementLine, toSiteLine } from '../record/observations/state.ts';

export type Content =
  /** The JSON text of a report, as it was received. */
  | { kind: 'report'; text: string }
  | { kind: 'turn'; wall: WallMs }
  | { kind: 'site'; site: SiteRecord; unprotected: string | null }
  | { kind: 'placement'; placement: Placement }
  | { kind: 'usual'; usual: Usual }
  | { kind: 'change'; change: Change | { kind: 'stall' | 'commit' | 'end' } };

export interface Entry {
  at: MonoMs;
  /** About how much memory it holds, or will take as text. */
  bytes: number;
  content: Content;
}

/** Takes text, in order; the promise says when it wants more. */
export interface Sink {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  /** Ends it at once, whatever was not taken yet. */
  abort(): void;
}

export interface Limits {
  /** So much may wait for the reader. */
  waitingBytes: number;
  mostBytes: number;
  mostMs: number;
}

export interface Stretch {
  add(entry: Entry): void;
  /** Adds the last line; nothing is taken any more. */
  end(why: string): void;
  /** Resolves when the reader has everything, or is gone. Never rejects. */
  done: Promise<void>;
}

export interface StretchOptions {
  header: Header;
  /** The moment that the header stands for. */
  base: MonoMs;
  /** What the stretch begins with; it may be more than `limits.waitingBytes`. */
  first: Entry[];
  sink: Sink;
  limits: Limits;
  clock: Clock;
  onEnd(): void;
  onTrouble(error: unknown): void;
}

const PIECE_BYTES = 256 * 1024;
/** A reader that was cut off has so long to take the last line. */
const LAST_WORD_MS = 5_000;

export function createStretch(options: StretchOptions): Stretch {
  const { header, base, first, sink, limits, clock } = options;
  const queue = new Queue(first);
  const mostWaiting = limits.waitingBytes + queue.bytes;
  let written = 0;
  let ended = false;
  let wake = () => {};

  const end = (why: string): void => {
    if (ended) return;
    ended = true;
    queue.push({
      at: clock.mono(),
      bytes: 0,
      content: { kind: 'change', change: { kind: 'end', why } as { kind: 'end' } },
    });
    options.onEnd();
    wake();
  };
  /** The reader does not keep up: what waits is dropped, and it is told so. */
  const cutOff = (): void => {
    const lost = queue.length;
    queue.clear();
    end(`cut off: the reader was too slow, ${lost} lines before this one are missing`);
    clock.after(LAST_WORD_MS, () => sink.abort());
  };

  const pump = async (): Promise<void> => {
    let text = `${JSON.stringify(header)}\n`;
    for (;;) {
      for (
        let entry = queue.shift();
        entry !== undefined;
        entry = text.length < PIECE_BYTES ? queue.shift() : undefined
      )
        text += `${lineOf(entry, base, header.startedAt)}\n`;
      if (text !== '') {
        written += text.length;
        await sink.write(text);
        text = '';
      } else if (ended) return sink.close();
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  };
  const done = pump().catch((error) => {
    queue.clear();
    if (!ended) {
      ended = true;
      options.onEnd();
    }
    sink.abort();
    options.onTrouble(error);
  });

  return {
    done,
    end,
    add(entry) {
      if (ended) return;
      queue.push(entry);
      if (queue.bytes > mostWaiting) cutOff();
      else if (written + queue.bytes > limits.mostBytes)
        end(`cut off: ${inMegabytes(limits.mostBytes)} MB were reached`);
      else if (entry.at - base > limits.mostMs)
        end(`cut off: ${Math.round(limits.mostMs / 60_000)} minutes were reached`);
      wake();
    },
  };
}

const inMegabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);

/** First in, first out, without moving the rest at every turn. */
class Queue {
  #entries: Entry[];
  #next = 0;
  bytes = 0;

  constructor(entries: Entry[]) {
    this.#entries = [...entries];
    for (const entry of entries) this.bytes += entry.bytes;
  }
  get length(): number {
    return this.#entries.length - this.#next;
  }
  push(entry: Entry): void {
    this.#entries.push(entry);
    this.bytes += entry.bytes;
  }
  shift(): Entry | undefined {
    const entry = this.#entries[this.#next];
    if (entry === undefined) {
      this.clear();
      return undefined;
    }
    this.#next += 1;
    this.bytes -= entry.bytes;
    return entry;
  }
  clear(): void {
    this.#entries = [];
    this.#next = 0;
    this.bytes = 0;
  }
}

/** One line, without its end. Times are told to the microsecond. */
function lineOf({ at: mono, content }: Entry, base: MonoMs, startedAt: WallMs): string {
  const at = Math.max(0, Math.round((mono - base) * 1_000) / 1_000);
  switch (content.kind) {
    case 'report':
      return `{"at":${at},"kind":"report","report":${content.text}}`;
    case 'turn':
      // The wall clock is only told where it is not what the header and `at` say.
      return content.wall === Math.round(startedAt + at)
        ? `{"at":${at},"kind":"turn"}`
        : `{"at":${at},"kind":"turn","wall":${content.wall}}`;
    case 'site':
      return JSON.stringify({ at, ...toSiteLine(content.site, content.unprotected) });
    case 'placement':
      return JSON.stringify({ at, ...toPlacementLine(content.placement) });
    case 'usual':
      return JSON.stringify({ at, kind: 'usual', ...content.usual });
    case 'change':
      return JSON.stringify({ at, ...content.change });
  }
}
