import { describe, expect, it } from 'vitest';
import type { AgentReport, EdgeReport, Report } from '../../src/model/index.ts';
import { PATIENCE } from '../../src/model/index.ts';
import { drawCluster, storeOf, ZONES } from './cluster.ts';
import type { Effect } from './conditions.ts';
import { ail, during, loseAround, loseBetween, pause } from './effects.ts';
import { createChance } from './random.ts';
import { createWorld, type Listener } from './world.ts';

const CLUSTER = drawCluster(3);
const SITE = CLUSTER.sites[0]!;
const LIVE = SITE.zones[0]!;
const STANDBY = SITE.zones[1]!;
const EDGE_1 = 3;

interface Heard {
  at: number;
  report: Report;
}

/** Everything that a controller in `zone` hears in five seconds in which `effects` hold. */
function heardIn(zone: number, effects: Effect[]): { heard: Heard[]; turns: number[] } {
  const heard: Heard[] = [];
  const turns: number[] = [];
  const listener: Listener = {
    zone,
    hear: (report, at) => heard.push({ at, report }),
    turn: (at) => {
      turns.push(at);
      return false;
    },
  };
  const { placements } = storeOf(CLUSTER, PATIENCE.normal);
  const chance = createChance(1);
  createWorld({ cluster: CLUSTER, placements, chance, effects, listeners: [listener], hour: 1, start: 0 }).run(5_000);
  return { heard, turns };
}

const edges = (heard: Heard[], name = 'edge-1') =>
  heard.flatMap(({ at, report }) =>
    report.kind === 'edge' && report.edge === name ? [{ at, report: report as EdgeReport }] : [],
  );
const agents = (heard: Heard[], zone: number) =>
  heard.flatMap(({ at, report }) =>
    report.kind === 'agent' && report.zone === ZONES[zone] ? [{ at, report: report as AgentReport }] : [],
  );
const rowsOf = (heard: Heard[], zone: number) =>
  edges(heard).flatMap(({ at, report }) =>
    report.traffic.filter((row) => row.site === SITE.site && row.zone === ZONES[zone]).map((row) => ({ at, row })),
  );
const sum = <T>(from: T[], of: (one: T) => number) => from.reduce((total, one) => total + of(one), 0);
/** Nothing is mended before the run ends. */
const lasting = (effect: (from: number, to: number) => Effect) => [effect(2_000, 60_000)];

describe('when nothing is wrong', () => {
  const { heard, turns } = heardIn(0, []);
  it('every observer is heard ten times a second and a turn comes every 50 ms', () => {
    for (const zone of [0, 1, 2]) expect(agents(heard, zone).length).toBeGreaterThan(47);
    for (const name of ['edge-1', 'edge-2']) expect(edges(heard, name).length).toBeGreaterThan(47);
    expect(turns.length).toBe(100);
  });
  it('probes are answered and time never goes back', () => {
    for (const { report } of heard) for (const probe of report.probes) expect(probe.answeredAgoMs).toBeLessThan(300);
    expect(heard.every(({ at }, index) => index === 0 || heard[index - 1]!.at <= at)).toBe(true);
  });
  it('requests come at the site’s rate and fail as often as they do there', () => {
    const rows = rowsOf(heard, LIVE).map(({ row }) => row);
    const attempts = sum(rows, (row) => row.attempts);
    expect(attempts).toBeGreaterThan(0.6 * SITE.rate * 2.5);
    expect(attempts).toBeLessThan(1.6 * SITE.rate * 2.5);
    expect(sum(rows, (row) => row.serverErrors) / attempts).toBeLessThan(4 * SITE.errors + 0.002);
    expect(sum(rows, (row) => row.answered + row.serverErrors + row.timeouts + row.connectErrors)).toBe(attempts);
    expect(sum(rows, (row) => sum(row.latency, (count) => count))).toBe(attempts);
  });
});

it('a cut way: silence grows, requests time out and go to the standby, reports wait for the way', () => {
  const { heard } = heardIn(LIVE, [loseBetween(2_000, 3_000, EDGE_1, LIVE, 1)]);
  const during1 = edges(heard).filter(({ at }) => at > 2_200 && at < 3_000);
  expect(during1).toHaveLength(0);
  const after = edges(heard).filter(({ at }) => at > 3_000);
  const [first, second] = after;
  expect(second!.at - first!.at).toBeLessThan(5);
  const ages = after.map(({ report }) => report.probes.find(({ zone }) => zone === ZONES[LIVE])!.answeredAgoMs!);
  expect(Math.max(...ages)).toBeGreaterThan(850);
  expect(ages.at(-1)).toBeLessThan(200);
  const rows = rowsOf(heard, LIVE).map(({ row }) => row);
  expect(sum(rows, (row) => row.timeouts)).toBeGreaterThan(0);
  expect(Math.max(...rows.map((row) => row.waiting))).toBeGreaterThan(3);
  expect(sum(rowsOf(heard, STANDBY), ({ row }) => row.answered)).toBeGreaterThan(0);
});

it('a zone cut off is silent to everybody else, and only to them', () => {
  const { heard } = heardIn(
    STANDBY,
    lasting((from, to) => loseAround(from, to, LIVE, 1)),
  );
  expect(agents(heard, LIVE).filter(({ at }) => at > 2_050)).toHaveLength(0);
  const last = edges(heard).at(-1)!.report.probes;
  for (const { zone, answeredAgoMs, failure } of last) {
    expect(answeredAgoMs! > 2_500).toBe(zone === ZONES[LIVE]);
    expect(failure).toBe(zone === ZONES[LIVE] ? 'timeout' : null);
  }
});

it('a dead zone refuses', () => {
  const dead = lasting((from, to) =>
    during(from, to, ({ zoneDead }) => {
      zoneDead[LIVE] = true;
    }),
  );
  const { heard } = heardIn(STANDBY, dead);
  expect(
    edges(heard)
      .at(-1)!
      .report.probes.find(({ zone }) => zone === ZONES[LIVE])!.failure,
  ).toBe('refused');
  expect(sum(rowsOf(heard, LIVE), ({ row }) => row.connectErrors)).toBeGreaterThan(0);
});

it('errors of one copy fail there, are retried, and are answered by the standby', () => {
  const { heard } = heardIn(
    0,
    lasting((from, to) => ail(from, to, [0], [LIVE], { errors: 0.5, readyFails: 1 })),
  );
  const bad = rowsOf(heard, LIVE)
    .filter(({ at }) => at > 2_200)
    .map(({ row }) => row);
  const share = sum(bad, (row) => row.serverErrors) / sum(bad, (row) => row.attempts);
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.6);
  const retried = rowsOf(heard, STANDBY).map(({ row }) => row);
  expect(sum(retried, (row) => row.answered) / sum(retried, (row) => row.attempts)).toBeGreaterThan(0.9);
  const copy = agents(heard, LIVE)
    .at(-1)!
    .report.copies.find(({ site }) => site === SITE.site)!;
  expect(copy.application.state).toBe('failing');
  expect(copy.application.checks.slice(-8)).toEqual(Array(8).fill(500));
});

it('errors of the site’s own come back from the standby as well', () => {
  const { heard } = heardIn(
    0,
    lasting((from, to) => ail(from, to, [0], [0, 1, 2], { errors: 0.5 })),
  );
  const retried = rowsOf(heard, STANDBY)
    .filter(({ at }) => at > 2_200)
    .map(({ row }) => row);
  expect(sum(retried, (row) => row.serverErrors) / sum(retried, (row) => row.attempts)).toBeGreaterThan(0.9);
});

it('a paused edge says nothing, then tells all at once, and its own pause is not held against the zones', () => {
  const { heard } = heardIn(0, [pause(2_000, 4_000, 'edge', 0)]);
  const reports = edges(heard);
  expect(reports.filter(({ at }) => at > 2_100 && at < 3_990)).toHaveLength(0);
  const first = reports.find(({ at }) => at > 3_990)!.report;
  const row = first.traffic.find(({ site, zone }) => site === SITE.site && zone === ZONES[LIVE])!;
  expect(row.attempts).toBeGreaterThan(0.5 * SITE.rate);
  for (const { answeredAgoMs } of first.probes) expect(answeredAgoMs).toBeLessThan(500);
});

it('a paused controller turns before it reads what has queued up', () => {
  const { heard, turns } = heardIn(0, [pause(2_000, 3_500, 'controller', 0)]);
  expect(turns.filter((at) => at > 2_050 && at < 3_500)).toHaveLength(0);
  const resumed = turns.find((at) => at >= 3_500)!;
  expect(resumed).toBe(3_500);
  expect(heard.filter(({ at }) => at > 2_050 && at < 3_500)).toHaveLength(0);
  expect(heard.filter(({ at }) => at === 3_500).length).toBeGreaterThan(50);
});
