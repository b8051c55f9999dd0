/** How reports travel: one TCP connection from each observer to each controller, in order, late when packets are lost, broken when it is cut for long. */
import type { Report } from '../../src/model/index.ts';
import type { Conditions } from './conditions.ts';
import { RETRANSMIT_MS } from './probing.ts';
import type { Chance } from './random.ts';

/** A connection that carries nothing for so long is given up, with all that is buffered in it (`observe/pusher.ts`: no pong). */
const GIVEN_UP_AFTER_MS = 2_000;
/** Until a new one stands: the pause before a renewed attempt, and a handshake. */
const RECONNECT_MS = 300;
/** Retransmission gives up doubling here; the cut is over long before. */
const MOST_RETRANSMITS = 8;

interface Message {
  at: number;
  report: Report;
}

export interface Link {
  send(report: Report, now: number, conditions: Conditions): void;
  /** To be called when the conditions have changed: what waited for the way to open again gets its time of arrival. */
  changed(now: number, conditions: Conditions): void;
  /** When the next report arrives; infinite: none is on its way. */
  nextAt(): number;
  take(): Report;
}

export function createLink(from: number, to: number, wayMs: number, chance: Chance): Link {
  const onTheWay: Message[] = [];
  let waiting: Report[] = [];
  let cutSince: number | null = null;
  let busyUntil = 0;
  let brokenUntil = 0;
  let nextAt = Number.POSITIVE_INFINITY;

  const arrive = (report: Report, at: number) => {
    busyUntil = Math.max(busyUntil, at);
    if (onTheWay.push({ at: busyUntil, report }) === 1) nextAt = busyUntil;
  };

  return {
    send(report, now, conditions) {
      if (now < brokenUntil) return;
      const there = conditions.loss[from]![to]!;
      const delayMs = conditions.reportDelayMs[from]!;
      if (from !== to && there === 1) {
        cutSince ??= now;
        waiting.push(report);
        return;
      }
      const lost = from === to ? 0 : retransmits(there, chance);
      arrive(report, now + delayMs + wayMs * (1 + 0.2 * chance.next()) + 0.5 + RETRANSMIT_MS * (2 ** lost - 1));
    },
    changed(now, conditions) {
      if (cutSince === null || conditions.loss[from]![to]! === 1) return;
      const cutForMs = now - cutSince;
      if (cutForMs > GIVEN_UP_AFTER_MS) brokenUntil = now + RECONNECT_MS * chance.between(1, 3);
      else for (const report of waiting) arrive(report, retransmitAfter(cutSince, now) + wayMs);
      waiting = [];
      cutSince = null;
    },
    nextAt: () => nextAt,
    take: () => {
      const { report } = onTheWay.shift()!;
      nextAt = onTheWay.length === 0 ? Number.POSITIVE_INFINITY : onTheWay[0]!.at;
      return report;
    },
  };
}

function retransmits(loss: number, chance: Chance): number {
  let count = 0;
  while (loss > 0 && count < MOST_RETRANSMITS && chance.happens(loss)) count += 1;
  return count;
}

/** The first retransmission at or after `now` of what was first sent at `since`. */
function retransmitAfter(since: number, now: number): number {
  let at = since + RETRANSMIT_MS;
  for (let wait = 2 * RETRANSMIT_MS; at < now; wait *= 2) at += wait;
  return at;
}
