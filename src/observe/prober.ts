/** Asks every zone "are you there?" ten times a second, so that silence is noticed by several observers in different places. */
import http from 'node:http';
import type { MonoMs, ProbeFailure, ZoneId, ZoneProbe } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { createListeningClock, type ListeningClock } from './listening.ts';
import { type ProbeOutcome, startProbe } from './probe.ts';
import { createProbeTally, type ProbeTally } from './tally.ts';

export interface ProbeTargets {
  zone: ZoneId;
  /** `host:port` of programs there that answer `GET /health` with their zone's name. */
  addresses: string[];
}

export interface ProberOptions {
  clock: Clock;
  /** Asked at every turn, so that zones may come and go. */
  targets: () => ProbeTargets[];
  /** A new probe of every target starts each `everyMs`, whatever became of the ones before. */
  everyMs: number;
  /** A probe that is not answered after this long has failed. */
  timeoutMs: number;
}

export interface Prober {
  /** One entry for each zone in `targets()`. Ages count only the time in which this process was listening. */
  probes(): ZoneProbe[];
  stop(): void;
}

/** While this many probes of one target are unanswered no further one starts. */
const MOST_OUTSTANDING = 10;

/**
 * When targets fail differently, the failure that proves least is reported: a refusal lets a zone be called dark sooner
 * than a timeout does.
 */
const LEAST_PROOF_FIRST: ProbeFailure[] = ['bad-answer', 'timeout', 'unreachable', 'reset', 'refused'];

interface Target {
  zone: ZoneId;
  outstanding: Set<{ cancel(): void }>;
  sequence: number;
  /** Sequence of the newest probe whose outcome is known. */
  outcomeOf: number;
  failure: ProbeFailure | null;
  finishedAny: boolean;
}

interface ZoneState {
  answeredAt: MonoMs | null;
  rttMs: number | null;
  tally: ProbeTally;
}

export function createProber({ clock, targets, everyMs, timeoutMs }: ProberOptions): Prober {
  const listening = createListeningClock(clock, 2 * everyMs);
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: MOST_OUTSTANDING });
  const known = new Map<string, Target>();
  const zones = new Map<ZoneId, ZoneState>();

  const turn = () => {
    const wanted = targets();
    forgetMissing(known, zones, wanted);
    for (const { zone, addresses } of wanted) {
      if (!zones.has(zone)) zones.set(zone, { answeredAt: null, rttMs: null, tally: createProbeTally() });
      for (const address of addresses) probe(zone, address);
    }
    listening.now();
  };

  const probe = (zone: ZoneId, address: string) => {
    const target = known.get(keyOf(zone, address)) ?? newTarget(zone);
    known.set(keyOf(zone, address), target);
    if (target.outstanding.size >= MOST_OUTSTANDING) return;
    const sequence = ++target.sequence;
    const startedAt = listening.now();
    const entry = { cancel: () => {} };
    const underway = startProbe(agent, zone, address, (outcome) => {
      stopTimer();
      target.outstanding.delete(entry);
      note(target, sequence, outcome);
      const state = zones.get(zone);
      if (outcome.answered === null || state === undefined) return;
      state.tally.note(!outcome.answered, listening.now());
      if (!outcome.answered) return;
      state.answeredAt = listening.now();
      state.rttMs = state.answeredAt - startedAt;
    });
    const stopTimer = afterListening(clock, listening, timeoutMs, underway.expire);
    entry.cancel = () => {
      stopTimer();
      underway.cancel();
    };
    target.outstanding.add(entry);
  };

  const stopTurns = clock.every(everyMs, turn);
  turn();
  return {
    probes() {
      const now = listening.now();
      return targets().map(({ zone, addresses }) => {
        const state = zones.get(zone);
        const answeredAt = state?.answeredAt ?? null;
        const own = addresses.map((address) => known.get(keyOf(zone, address)));
        return {
          zone,
          answeredAgoMs: answeredAt === null ? null : Math.round(now - answeredAt),
          failure: failureOfAll(own),
          rttMs: state?.rttMs == null ? null : Math.round(state.rttMs * 10) / 10,
          ...(state?.tally.read(now) ?? { ended: 0, failed: 0 }),
        };
      });
    },
    stop() {
      stopTurns();
      for (const target of known.values()) for (const entry of target.outstanding) entry.cancel();
      agent.destroy();
    },
  };
}

function keyOf(zone: ZoneId, address: string): string {
  return `${zone} ${address}`;
}

function newTarget(zone: ZoneId): Target {
  return { zone, outstanding: new Set(), sequence: 0, outcomeOf: 0, failure: null, finishedAny: false };
}

function note(target: Target, sequence: number, outcome: ProbeOutcome): void {
  if (outcome.answered === null || sequence < target.outcomeOf) return;
  target.outcomeOf = sequence;
  target.finishedAny = true;
  target.failure = outcome.answered ? null : outcome.failure;
}

/** Null when any target answered last time, or has not been heard of yet, or there is none. */
function failureOfAll(targets: (Target | undefined)[]): ProbeFailure | null {
  const failures = targets.map((target) => (target?.finishedAny ? target.failure : null));
  if (failures.includes(null)) return null;
  return LEAST_PROOF_FIRST.find((failure) => failures.includes(failure)) ?? null;
}

function forgetMissing(known: Map<string, Target>, zones: Map<ZoneId, ZoneState>, wanted: ProbeTargets[]): void {
  const keys = new Set(wanted.flatMap(({ zone, addresses }) => addresses.map((address) => keyOf(zone, address))));
  for (const [key, target] of known) {
    if (keys.has(key)) continue;
    for (const entry of target.outstanding) entry.cancel();
    known.delete(key);
  }
  for (const zone of zones.keys()) if (!wanted.some((entry) => entry.zone === zone)) zones.delete(zone);
}

/**
 * Like `clock.after`, but in listening time: after a pause timers come before the answers that arrived meanwhile, and a
 * probe must not fail because nobody was there to read its answer.
 */
function afterListening(clock: Clock, listening: ListeningClock, ms: number, work: () => void): () => void {
  const until = listening.now() + ms;
  let cancel = () => {};
  const arm = (leftMs: number) => {
    cancel = clock.after(leftMs, () => {
      const left = until - listening.now();
      if (left > 1) arm(left);
      else work();
    });
  };
  arm(ms);
  return () => cancel();
}
