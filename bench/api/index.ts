/** `npm run bench -- api`: listing and searching ten thousand sites over the API of a real controller that hears three agents with a copy of each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { runController } from '../../src/controller/main.ts';
import type { AgentReport, Role } from '../../src/model/index.ts';
import { systemClock as clock } from '../../src/platform/clock.ts';
import { createLog } from '../../src/platform/log.ts';
import { aSpec } from '../../src/store/fixtures.ts';
import { MemoryCluster, openMemoryStore } from '../../src/store/memory.ts';
import { freePorts } from '../../test/support/etcd-cluster.ts';
import { aCopy, anAgentReport, aPlacement, liveDatabase, standbyDatabase } from '../../test/support/fixtures.ts';

const KEY = 'the cluster key of this measurement';
const SITES = 10_000;
const ROUNDS = 100;
const QUICK_ROUNDS = 10;
const ROLES: Record<string, Role> = { a: 'live', b: 'standby', c: 'spare' };
const REPORT_MS = 100;
/** Each report tells anew of so many copies, in turn, as agents with many do. */
const COPIES_A_REPORT = 100;
const ASKED_P95_MS = 200;

interface Question {
  question: string;
  path: (round: number) => string;
}

const QUESTIONS: Question[] = [
  { question: 'the first page of 200', path: () => '/sites?limit=200' },
  { question: 'a page in the middle', path: (round) => `/sites?limit=200&cursor=${siteOf((round * 97) % SITES)}` },
  { question: 'a search that finds ten', path: (round) => `/sites?search=${siteOf(round).slice(0, -1)}` },
  { question: 'a search that finds nothing', path: (round) => `/sites?search=nothing-${round}` },
  { question: 'those that are exposed', path: () => '/sites?state=exposed&limit=50' },
  { question: 'where 10,000 sites would go', path: () => '/zones/a/evacuate/preview' },
  { question: 'one site', path: (round) => `/sites/${siteOf(round)}` },
];

export interface Row {
  question: string;
  medianMs: number;
  p95Ms: number;
  worstMs: number;
}

export async function benchApi({ quick, sites }: { quick: boolean; sites: number | null }) {
  const count = sites ?? SITES;
  const folder = mkdtempSync(join(tmpdir(), 'hf-bench-api-'));
  const running = await start(folder, count);
  try {
    await untilAll(running.base, count);
    const rows: Row[] = [];
    for (const one of QUESTIONS) rows.push(await measure(running.base, one, quick ? QUICK_ROUNDS : ROUNDS));
    return { data: rows, screen: screenOf(rows, count) };
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const siteOf = (index: number) => `site-${String(index).padStart(5, '0')}`;

async function start(folder: string, count: number) {
  const clusterKeyFile = join(folder, 'key');
  writeFileSync(clusterKeyFile, KEY, { mode: 0o600 });
  const [port] = await freePorts(1);
  const listen = `127.0.0.1:${port}`;
  const cluster = new MemoryCluster();
  for (let index = 0; index < count; index += 1) {
    const site = siteOf(index);
    cluster.sites.set(site, { spec: aSpec(site, { hosts: [`www.${site}.example.org`] }), slot: index });
    cluster.placements.set(site, aPlacement({ site, spares: ['c'] }));
  }
  const settings = { store: { endpoints: [] }, detector: { falseAlarms: 0.1 } };
  const log = createLog('controller', {}, 'fatal');
  const controller = await runController(
    { zone: 'a', listen, clusterKeyFile, stateDir: folder, ...settings },
    { store: openMemoryStore(cluster, { clock }), clock, log },
  );
  const agents = Object.keys(ROLES).map((zone) => report(listen, zone, count));
  return {
    base: `http://${listen}/api/v1`,
    stop: async () => {
      for (const stop of agents) stop();
      await controller.stop();
    },
  };
}

/** One agent with a copy of every site: all of them once, then some in turn. Returns what ends it. */
function report(listen: string, zone: string, count: number): () => void {
  const socket = new WebSocket(`ws://${listen}/observe`, { headers: { authorization: `Bearer ${KEY}` } });
  const follows = { b: 'a', c: 'b' }[zone] ?? null;
  const database = zone === 'a' ? liveDatabase() : standbyDatabase({ follows });
  const copyOf = (index: number) => ({ ...aCopy({ database, settled: ROLES[zone]! }), site: siteOf(index % count) });
  let sequence = 0;
  const send = (more: Partial<AgentReport>) => {
    sequence += 1;
    socket.send(JSON.stringify(anAgentReport(zone, { sequence, ...more })));
  };
  const some = () =>
    Array.from({ length: Math.min(COPIES_A_REPORT, count) }, (_, at) => copyOf(sequence * COPIES_A_REPORT + at));
  let stop = () => {};
  socket.on('open', () => {
    send({ copies: Array.from({ length: count }, (_, index) => copyOf(index)) });
    stop = clock.every(REPORT_MS, () => send({ copies: some(), copiesInAll: count }));
  });
  return () => {
    stop();
    socket.terminate();
  };
}

async function ask(base: string, path: string): Promise<{ tookMs: number; body: unknown }> {
  const started = clock.mono();
  const answer = await fetch(base + path, { headers: { authorization: `Bearer ${KEY}` } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body)}`);
  return { tookMs: clock.mono() - started, body };
}

/** The controller has taken in every site, and its agents are heard. */
async function untilAll(base: string, count: number): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { body } = await ask(base, `/sites?limit=1&cursor=${siteOf(count - 2)}`);
    const { sites, counts } = body as { sites: { copies: { database: string }[] }[]; counts: { all: number } };
    if (counts.all === count && sites[0]?.copies.every(({ database }) => database === 'running')) return;
    await clock.sleep(100);
  }
  throw new Error('the controller has not taken in all sites and agents within 30 s');
}

async function measure(base: string, { question, path }: Question, rounds: number): Promise<Row> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    took.push((await ask(base, path(round))).tookMs);
    await clock.sleep(20);
  }
  took.sort((one, other) => one - other);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(share * took.length))]!;
  return { question, medianMs: at(0.5), p95Ms: at(0.95), worstMs: took.at(-1)! };
}

function screenOf(rows: Row[], count: number): string {
  const lines = rows.map(
    ({ question, medianMs, p95Ms, worstMs }) =>
      `  ${p95Ms <= ASKED_P95_MS ? '✓' : '✗'} ${question.padEnd(28)} median ${medianMs.toFixed(1).padStart(6)} ms   p95 ${p95Ms.toFixed(1).padStart(6)} ms   worst ${worstMs.toFixed(1).padStart(6)} ms`,
  );
  return [`${count} sites, three agents; asked: p95 at most ${ASKED_P95_MS} ms`, ...lines].join('\n');
}
