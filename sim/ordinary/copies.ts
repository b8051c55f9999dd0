/** What an agent reports of its copies: roles taken from the placements, health from the conditions, readiness checks four times a second. */
import type { CopyReport, DatabaseReport, Placement, ZoneId } from '../../src/model/index.ts';
import { NO_AUXILIARIES, roleOf } from '../../src/model/index.ts';
import { type Cluster, ZONES } from './cluster.ts';
import type { Conditions, CopyTrouble } from './conditions.ts';
import type { Chance } from './random.ts';

export const CHECK_EVERY_MS = 250;
const CHECKS_KEPT = 20;
const READY_MS = 18;
const GOOD_CHECKS = Array<number>(CHECKS_KEPT).fill(200);
const LONG_AGO_MS = 3_600_000;

interface CopyState {
  checks: number[];
  tookMs: number[];
  applicationSince: number;
  failing: boolean;
  databaseSince: number;
  databaseDown: boolean;
  /** When a replica last heard its source. */
  heardAt: number;
  /** The report of quiet times, made once. */
  calm: CopyReport | null;
  /** Where it replicates from, and the placement that says so. */
  source: number | null;
  placement: Placement | null;
}

export interface Copies {
  /** One round of readiness checks of every copy in this zone. */
  check(now: number, conditions: Conditions): void;
  report(now: number, conditions: Conditions): CopyReport[];
}

export function createCopies(
  zone: number,
  cluster: Cluster,
  placements: ReadonlyMap<string, Placement>,
  chance: Chance,
  start: number,
): Copies {
  const states = cluster.sites.map(
    (): CopyState => ({
      checks: GOOD_CHECKS,
      tookMs: GOOD_CHECKS.map(() => Math.round(READY_MS * chance.logBetween(0.7, 1.5))),
      applicationSince: start - LONG_AGO_MS,
      failing: false,
      databaseSince: start - LONG_AGO_MS,
      databaseDown: false,
      heardAt: start,
      calm: null,
      source: null,
      placement: null,
    }),
  );
  let newest: CopyReport[] = [];

  const checkOne = (state: CopyState, trouble: CopyTrouble, now: number) => {
    if (isCalm(trouble) && !state.failing && state.checks === GOOD_CHECKS && !state.databaseDown) return;
    const status = checkStatus(trouble, chance);
    const took = status === 0 ? 1_000 : READY_MS * trouble.slow * Math.exp(0.4 * chance.normal());
    state.checks = [...state.checks.slice(1 - CHECKS_KEPT), status];
    state.tookMs = [...state.tookMs.slice(1 - CHECKS_KEPT), Math.round(Math.min(took, 1_000))];
    const failing = status === 0 || status >= 400;
    if (failing !== state.failing) state.applicationSince = now;
    state.failing = failing;
    if (trouble.databaseDown !== state.databaseDown) state.databaseSince = now;
    state.databaseDown = trouble.databaseDown;
    state.calm = null;
    if (isCalm(trouble) && !failing && state.checks.every((one) => one === 200)) state.checks = GOOD_CHECKS;
  };

  const reportOne = (state: CopyState, index: number, now: number, conditions: Conditions): CopyReport => {
    const { site } = cluster.sites[index]!;
    const placement = placements.get(site)!;
    if (placement !== state.placement) {
      state.placement = placement;
      state.source = sourceZone(placement, zone);
    }
    const { source } = state;
    if (source === null || (conditions.loss[source]![zone]! < 1 && !conditions.zoneDead[source])) state.heardAt = now;
    const trouble = conditions.copies[index]![zone]!;
    const calm = isCalm(trouble) && state.checks === GOOD_CHECKS && state.heardAt === now;
    if (calm && state.calm !== null && state.calm.epoch === placement.epoch) return state.calm;
    const role = roleOf(placement, ZONES[zone]!);
    const report: CopyReport = {
      site,
      epoch: placement.epoch,
      settled: role,
      database: databaseOf(placement, ZONES[zone]!, trouble, state, now),
      application: {
        state: state.failing ? 'failing' : 'ready',
        stateForMs: Math.round(now - state.applicationSince),
        checks: state.checks,
        tookMs: state.tookMs,
      },
      promoted: null,
      initialised: true,
      actions: [],
      ...NO_AUXILIARIES,
    };
    state.calm = calm ? report : null;
    return report;
  };

  return {
    check: (now, conditions) => {
      for (let index = 0; index < states.length; index += 1)
        checkOne(states[index]!, conditions.copies[index]![zone]!, now);
    },
    report: (now, conditions) => {
      const reports = states.map((state, index) => reportOne(state, index, now, conditions));
      // A report that tells nothing new is the same list, so that nobody has to read it again.
      if (reports.length !== newest.length || reports.some((report, index) => report !== newest[index]))
        newest = reports;
      return newest;
    },
  };
}

function isCalm({ slow, up, readyFails, databaseDown, fsyncMs, connections }: CopyTrouble): boolean {
  return slow === 1 && up === 'serves' && readyFails === 0 && !databaseDown && fsyncMs <= 3 && connections <= 12;
}

function checkStatus({ up, readyFails, readyStatus, databaseDown }: CopyTrouble, chance: Chance): number {
  if (up !== 'serves') return 0;
  if (databaseDown) return 500;
  return readyFails > 0 && chance.happens(readyFails) ? readyStatus : 200;
}

function sourceZone(placement: Placement, zone: number): number | null {
  const role = roleOf(placement, ZONES[zone]!);
  if (role === 'standby') return ZONES.indexOf(placement.live);
  if (role === 'spare') return ZONES.indexOf(placement.standby ?? placement.live);
  return null;
}

function databaseOf(
  placement: Placement,
  zone: ZoneId,
  trouble: CopyTrouble,
  state: CopyState,
  now: number,
): DatabaseReport {
  const role = roleOf(placement, zone);
  const live = role === 'live';
  const source = sourceZone(placement, ZONES.indexOf(zone));
  return {
    state: state.databaseDown ? 'down' : 'running',
    stateForMs: Math.round(now - state.databaseSince),
    trouble: null,
    writable: live,
    waitsFor: live ? placement.standby : null,
    gatePosition: live && placement.standby !== null ? '0-1-50' : null,
    acknowledgerConnected: live && placement.standby !== null,
    binlogPosition: '0-1-100',
    receivedPosition: '0-1-100',
    appliedPosition: '0-1-100',
    follows: source === null ? null : ZONES[source]!,
    ioRunning: source !== null,
    sqlRunning: source !== null,
    acknowledges: role === 'standby',
    heardAgoMs: source === null ? null : Math.round(20 + now - state.heardAt),
    disk: {
      freeBytes: 60e9,
      totalBytes: 100e9,
      stuckForMs: trouble.fsyncMs > 100 ? Math.round(trouble.fsyncMs * 0.6) : 0,
      fsyncMs: trouble.fsyncMs,
      full: false,
    },
    connections: { used: trouble.connections, most: 150 },
    build: null,
    lag: null,
    transactions: null,
  };
}
