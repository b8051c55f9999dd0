/** Where programs live: a seat stays, the process in it comes and goes. Faults are done to seats. */
import type { EdgeId, SiteId, ZoneId } from '../../src/model/index.ts';
import type { Random } from '../random.ts';
import type { Engine } from './engine.ts';
import type { Place } from './faults.ts';
import { createProcess, type PlaceTime, type Process } from './process.ts';

export type SeatKind = 'agent' | 'controller' | 'store' | 'database' | 'application' | 'edge' | 'data-plane';

export interface Seat {
  readonly kind: SeatKind;
  readonly place: Place;
  readonly site: SiteId | null;
  /** Null: nothing runs. */
  process: Process | null;
  /** More than 0: whatever is started here ends at once. */
  held: number;
  pauses: number;
  /** What its supervisor does; null: the agent of the zone starts it. */
  boot: (() => void) | null;
}

export interface Seats {
  of(kind: SeatKind, place: ZoneId | EdgeId, site?: SiteId): Seat;
  in(place: Place): Seat[];
  all(): Seat[];
  /** A new process in the seat; null while the seat is held. */
  spawn(seat: Seat): Process | null;
  crash(seat: Seat): void;
  /** The crash is over. */
  release(seat: Seat): void;
  pause(seat: Seat): void;
  resume(seat: Seat): void;
  /** Called after every change of what runs. */
  onChange(call: () => void): void;
}

export function createSeats(engine: Engine, random: Random, timeOf: (place: Place) => PlaceTime): Seats {
  const seats = new Map<string, Seat>();
  const listeners: (() => void)[] = [];
  const changed = () => {
    for (const call of listeners) call();
  };
  return {
    of(kind, place, site) {
      const key = site === undefined ? `${kind}:${place}` : `${kind}:${place}:${site}`;
      let seat = seats.get(key);
      if (seat === undefined) {
        seat = { kind, place, site: site ?? null, process: null, held: 0, pauses: 0, boot: null };
        seats.set(key, seat);
      }
      return seat;
    },
    in: (place) => [...seats.values()].filter((seat) => seat.place === place),
    all: () => [...seats.values()],
    spawn(seat) {
      if (seat.held > 0) return null;
      const process = createProcess({
        engine,
        random,
        name: `${seat.kind}:${seat.site ?? ''}${seat.place}`,
        place: seat.place,
        time: timeOf(seat.place),
      });
      seat.process?.end();
      seat.process = process;
      for (let pause = 0; pause < seat.pauses; pause += 1) process.pause();
      process.onEnd(() => {
        if (seat.process === process) seat.process = null;
        changed();
      });
      changed();
      return process;
    },
    crash(seat) {
      seat.held += 1;
      seat.process?.end();
    },
    release(seat) {
      seat.held -= 1;
      const { boot } = seat;
      if (seat.held > 0 || boot === null) return;
      engine.after(random.between(50, 400), () => {
        if (seat.held === 0 && seat.process === null) boot();
      });
    },
    pause(seat) {
      seat.pauses += 1;
      seat.process?.pause();
      changed();
    },
    resume(seat) {
      seat.pauses -= 1;
      seat.process?.resume();
      changed();
    },
    onChange: (call) => listeners.push(call),
  };
}
