/** Says calmly what is being done and how long it took: one line a step. */
import pc from 'picocolors';
import { systemClock } from '../platform/clock.ts';

export interface Progress {
  /** Shows `title` while `work` runs, and its time once it is done. `detail` adds a few words to the line meanwhile. */
  step<T>(title: string, work: (detail: (words: string) => void) => Promise<T>): Promise<T>;
  /** One sentence on a line of its own. */
  say(sentence: string): void;
}

export const silent: Progress = {
  step: (_title, work) => work(() => {}),
  say: () => {},
};

const REDRAW_MS = 200;
const TITLE_WIDTH = 46;

/** On a terminal the running step's line is redrawn; elsewhere only finished steps are written. */
export function createProgress(out: NodeJS.WriteStream): Progress {
  const startedAt = systemClock.mono();
  const interactive = out.isTTY === true;
  let running: (() => void) | null = null;
  const erase = () => interactive && running && out.write('\r\x1b[2K');
  const line = (mark: string, title: string, rest: string) =>
    `${pc.dim(seconds(systemClock.mono() - startedAt).padStart(7))}  ${mark} ${title.padEnd(TITLE_WIDTH)} ${pc.dim(rest)}`;

  return {
    async step(title, work) {
      const from = systemClock.mono();
      let words = '';
      const draw = () => out.write(`\r\x1b[2K${line('…', title, words)}`);
      let stop = () => {};
      if (interactive) {
        running = draw;
        draw();
        stop = systemClock.every(REDRAW_MS, () => void draw());
      }
      const finish = (mark: string) => {
        stop();
        erase();
        running = null;
        out.write(`${line(mark, title, seconds(systemClock.mono() - from))}\n`);
      };
      try {
        const result = await work((detail) => {
          words = detail;
        });
        finish(pc.green('✓'));
        return result;
      } catch (error) {
        finish(pc.red('✗'));
        throw error;
      }
    },
    say(sentence) {
      erase();
      out.write(`${pc.dim(seconds(systemClock.mono() - startedAt).padStart(7))}    ${sentence}\n`);
      running?.();
    },
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
