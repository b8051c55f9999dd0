/**
 * What the detector costs with 10,000 sites in three zones behind ten edges, ten windows a second: share of one core that
 * `hear` and `turn` take. Reports are made beforehand and only their numbers change, so that making them is not measured.
 */

import { type SimSite, storeOf, ZONES } from '../../sim/ordinary/cluster.ts';
import { createChance } from '../../sim/ordinary/random.ts';
import { createJudgement } from '../../src/controller/judgement.ts';
import { TICK_MS } from '../../src/controller/loop.ts';
import type { AgentReport, CopyReport, EdgeReport, Placement, TrafficWindow } from '../../src/model/index.ts';
import { NO_AUXILIARIES, PATIENCE, sourceOf } from '../../src/model/index.ts';

export interface CostCase {
  name: string;
  sites: number;
  edges: number;
  /** Rows in each edge's window: of the copies that had traffic in it. */
  rows: 'with-traffic' | 'live-copies' | 'all-copies';
  /** Share of failures in zone a. */
  errors: number;
  /** The edges' reports come as text. */
  parsed: boolean;
}

const FULL = { sites: 10_000, edges: 10, errors: 0.001, parsed: false } as const;

export const COST_CASES: readonly CostCase[] = [
  { ...FULL, name: 'rows of copies with traffic, 2,000 requests/s an edge', rows: 'with-traffic' },
  { ...FULL, name: 'the same, one zone erring at 20 %', rows: 'with-traffic', errors: 0.2 },
  { ...FULL, name: 'the same at rest, from text', rows: 'with-traffic', parsed: true },
  { ...FULL, name: 'a row of every live copy from every edge', rows: 'live-copies' },
  { ...FULL, name: 'the same, one zone erring at 20 %', rows: 'live-copies', errors: 0.2 },
  { ...FULL, name: 'the same at rest, from text', rows: 'live-copies', parsed: true },
  { ...FULL, name: 'a row of every copy from every edge', rows: 'all-copies' },
];

export interface Cost {
  name: string;
  rowsASecond: number;
  /** CPU time over virtual time. */
  shareOfOneCore: number;
}

const WINDOW_MS = 100;
/** Requests a second at one edge: what makes rows where only copies with traffic have one. */
const REQUESTS_A_SECOND = 2_000;

export function measureCost(one: CostCase, windows: number, warmWindows: number): Cost {
  const chance = createChance(5);
  const cluster = { seed: 1, wayMs: [], sites: manySites(one.sites) };
  const state = storeOf(cluster, PATIENCE.normal);
  const judgement = createJudgement({ falseAlarmsPerYear: 0.1 }, 0);
  // Two of each, heard in turn: nothing may be gained from being told by the same objects again.
  const agents = [0, 1].map(() => ZONES.map((zone) => agentReport(zone, [...state.placements.values()])));
  let sequence = 0;
  const feeds = Array.from({ length: one.edges }, (_, edge) => edgeFeed(edge, one, cluster.sites, chance));
  let now = 0;
  let rows = 0;
  let usedMicros = 0;

  const window = (measured: boolean) => {
    const heard = feeds.map((feed) => feed(now));
    sequence += 1;
    const reports = agents[sequence % 2]!;
    for (const agent of reports) agent.sequence = sequence;
    const before = process.cpuUsage();
    for (const agent of reports) judgement.hear(agent, now);
    for (const { report, text } of heard) judgement.hear(text === null ? report : JSON.parse(text), now);
    for (let tick = 0; tick < WINDOW_MS / TICK_MS; tick += 1) judgement.turn(state, now + tick * TICK_MS, now);
    const used = process.cpuUsage(before);
    now += WINDOW_MS;
    if (!measured) return;
    usedMicros += used.user + used.system;
    rows += heard.reduce((sum, { report }) => sum + report.traffic.length, 0);
  };

  for (let index = 0; index < warmWindows; index += 1) window(false);
  for (let index = 0; index < windows; index += 1) window(true);
  const seconds = (windows * WINDOW_MS) / 1_000;
  return { name: one.name, rowsASecond: rows / seconds, shareOfOneCore: usedMicros / 1e6 / seconds };
}

function manySites(count: number): SimSite[] {
  return Array.from({ length: count }, (_, index) => ({
    site: `site-${index}`,
    rate: 1,
    errors: 0.001,
    clump: 1,
    medianMs: 50,
    sigma: 0.7,
    zones: [index % 3, (index + 1) % 3, (index + 2) % 3],
  }));
}

function agentReport(zone: string, placements: Placement[]): AgentReport {
  const probes = ZONES.filter((other) => other !== zone).map((other) => probe(other));
  const copies = placements.map((placement) => copyReport(placement, zone));
  const room = { cores: 64, cpuBusy: 0.3, memoryAvailableBytes: 200e9, memoryTotalBytes: 256e9, machine: '' };
  return { kind: 'agent', zone, incarnation: 'first', sequence: 0, probes, copies, room };
}

function copyReport(placement: Placement, zone: string): CopyReport {
  const live = placement.live === zone;
  return {
    site: placement.site,
    epoch: placement.epoch,
    settled: live ? 'live' : placement.standby === zone ? 'standby' : 'spare',
    database: {
      state: 'running',
      stateForMs: 60_000,
      trouble: null,
      writable: live,
      waitsFor: live ? placement.standby : null,
      gatePosition: live ? '0-1-50' : null,
      acknowledgerConnected: live,
      binlogPosition: '0-1-100',
      receivedPosition: '0-1-100',
      appliedPosition: '0-1-100',
      follows: sourceOf(placement, zone),
      ioRunning: !live,
      sqlRunning: !live,
      acknowledges: placement.standby === zone,
      heardAgoMs: live ? null : 20,
      disk: { freeBytes: 60e9, totalBytes: 100e9, stuckForMs: 0, fsyncMs: 3, full: false },
      connections: { used: 12, most: 150 },
      build: null,
      lag: null,
      transactions: null,
    },
    application: { state: 'ready', stateForMs: 60_000, checks: Array(20).fill(200), tookMs: Array(20).fill(18) },
    promoted: null,
    initialised: true,
    actions: [],
    ...NO_AUXILIARIES,
  };
}

const probe = (zone: string) => ({ zone, answeredAgoMs: 40, failure: null, rttMs: 1, ended: 60, failed: 0 });

interface Feed {
  report: EdgeReport;
  text: string | null;
}

/** Answers this edge's next report; rows are kept and filled anew, so that hardly anything but the numbers is made. */
function edgeFeed(
  edge: number,
  one: CostCase,
  sites: SimSite[],
  chance: ReturnType<typeof createChance>,
): (now: number) => Feed {
  // Two sets in turn: what was heard last is kept by reference, and must not change under the listener's hands.
  const sets = [0, 1].map(() =>
    sites.flatMap(({ site, zones }) =>
      (one.rows === 'all-copies' ? zones : zones.slice(0, 1)).map((zone) => row(site, ZONES[zone]!, one, chance)),
    ),
  );
  const perWindow = (REQUESTS_A_SECOND * WINDOW_MS) / 1_000;
  const probes = ZONES.map((zone) => probe(zone));
  let sequence = 0;
  return () => {
    sequence += 1;
    const all = sets[sequence % 2]!;
    const asked = () => new Set(Array.from({ length: perWindow }, () => all[chance.below(all.length)]!));
    const traffic = one.rows === 'with-traffic' ? [...asked()] : all;
    // Where every copy has a row, a hundredth of them changes: the others say again what they said.
    const changed = one.rows === 'with-traffic' ? traffic : traffic.slice(0, Math.ceil(traffic.length / 100));
    for (const window of changed) fill(window, one, chance);
    const name = `edge-${edge}`;
    const report: EdgeReport = {
      kind: 'edge',
      edge: name,
      incarnation: 'first',
      sequence,
      sentAtMs: sequence * 100,
      probes,
      traffic,
      routes: [],
    };
    return { report, text: one.parsed ? JSON.stringify(report) : null };
  };
}

function row(site: string, zone: string, one: CostCase, chance: ReturnType<typeof createChance>): TrafficWindow {
  const made: TrafficWindow = {
    site,
    zone,
    attempts: 0,
    answered: 0,
    serverErrors: 0,
    connectErrors: 0,
    timeouts: 0,
    waiting: 0,
    oldestWaitingMs: 0,
    answeredAgoMs: 20,
    latency: Array<number>(10).fill(0),
  };
  fill(made, one, chance);
  return made;
}

function fill(window: TrafficWindow, one: CostCase, chance: ReturnType<typeof createChance>): void {
  const requests = 1 + chance.below(3);
  const failed = window.zone === 'a' ? chance.binomial(requests, one.errors) : chance.happens(0.001) ? 1 : 0;
  window.attempts = requests;
  window.answered = requests - failed;
  window.serverErrors = failed;
  window.latency.fill(0);
  window.latency[1] = requests;
}
