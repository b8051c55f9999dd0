/** Simulated programs: each has a clock of its zone's making, may be stopped and go on (its sockets stay open), and ends for good. */
import type { Clock } from '../../src/platform/clock.ts';
import type { Random } from '../random.ts';
import type { SimMs } from '../trace.ts';
import type { Engine } from './engine.ts';

/** 2026-01-01T00:00:00Z: what all wall clocks show at the beginning. */
const WALL_AT_START = 1_767_225_600_000;

/** How time passes in one place: monotonic time at its own rate, and a wall clock that may jump. */
export interface PlaceTime {
  mono(): number;
  wall(): number;
  rate(): number;
  setRate(rate: number): void;
  jump(byMs: number): void;
}

export function createPlaceTime(engine: Engine, monoAtStart: number): PlaceTime {
  let rate = 1;
  let since = 0;
  let local = monoAtStart;
  let offset = 0;
  const mono = () => local + (engine.now() - since) * rate;
  return {
    mono,
    wall: () => Math.round(WALL_AT_START + offset + mono() - monoAtStart),
    rate: () => rate,
    setRate(next) {
      local = mono();
      since = engine.now();
      rate = next;
    },
    jump(byMs) {
      offset += byMs;
    },
  };
}

export type ProcessState = 'running' | 'paused' | 'ended';

export interface Process {
  readonly name: string;
  readonly clock: Clock;
  readonly place: string;
  state(): ProcessState;
  /** Work that arrived from outside: done now, or when the process runs again, or never. */
  deliver(work: () => void): void;
  pause(): void;
  resume(): void;
  end(): void;
  /** Called once when it ends. */
  onEnd(call: () => void): void;
}

export interface ProcessOptions {
  engine: Engine;
  random: Random;
  name: string;
  place: string;
  time: PlaceTime;
}

export function createProcess({ engine, random, name, place, time }: ProcessOptions): Process {
  let state: ProcessState = 'running';
  let pauses = 0;
  let due: (() => void)[] = [];
  let arrived: (() => void)[] = [];
  const atEnd: (() => void)[] = [];

  const run: Run = (queue, work) => {
    if (state === 'running') work();
    else if (state === 'paused') (queue === 'due' ? due : arrived).push(work);
  };

  const goOn = () => {
    state = 'running';
    const [timers, messages] = [due, arrived];
    due = [];
    arrived = [];
    // Which of the two the event loop comes to first after a stop depends on where it was stopped.
    const order = random.chance(0.5) ? [timers, messages] : [messages, timers];
    // In the order of their coming, each in a turn of its own, as an event loop does.
    for (const work of order.flat()) engine.after(0, () => run('arrived', work));
  };

  return {
    name,
    place,
    clock: createProcessClock(engine, time, run),
    state: () => state,
    deliver: (work) => run('arrived', work),
    pause() {
      if (state === 'ended') return;
      pauses += 1;
      state = 'paused';
    },
    resume() {
      if (state === 'ended') return;
      pauses -= 1;
      if (pauses === 0) goOn();
    },
    end() {
      if (state === 'ended') return;
      state = 'ended';
      due = [];
      arrived = [];
      for (const call of atEnd.splice(0)) call();
    },
    onEnd: (call) => atEnd.push(call),
  };
}

/** Does it now, or when the process runs again, or never. */
type Run = (queue: 'due' | 'arrived', work: () => void) => void;

function createProcessClock(engine: Engine, time: PlaceTime, run: Run): Clock {
  const timer = (ms: SimMs, work: () => void) => engine.after(Math.max(0, ms) / time.rate(), () => run('due', work));
  const after = (ms: number, work: () => void) => {
    let called = false;
    const set = timer(ms, () => {
      if (!called) work();
    });
    return () => {
      called = true;
      set.run = null;
    };
  };
  return {
    wall: time.wall,
    mono: time.mono,
    after(ms, work) {
      return after(ms, () => {
        engine.stir();
        work();
      });
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          cancel();
          signal?.removeEventListener('abort', done);
          engine.stir();
          resolve();
        };
        const cancel = after(ms, done);
        signal?.addEventListener('abort', done, { once: true });
      }),
    every: (ms, work) => repeat(engine, time, run, ms, work),
  };
}

/** Never two at a time, and one timer for all turns. */
function repeat(engine: Engine, time: PlaceTime, run: Run, ms: number, work: () => void | Promise<void>): () => void {
  let busy = false;
  let stopped = false;
  const turn = () => {
    if (stopped) return;
    engine.again(timer, ms / time.rate(), due);
    if (busy) return;
    const promise = work();
    if (promise === undefined) return;
    busy = true;
    engine.stir();
    promise.finally(() => {
      busy = false;
    });
  };
  const due = () => run('due', turn);
  const timer = engine.after(ms / time.rate(), due);
  return () => {
    stopped = true;
    timer.run = null;
  };
}
