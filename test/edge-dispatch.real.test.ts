/** One table of what becomes of a request, held against the real data plane (nginx with Lua) and against the simulator's model of it. */
import { describe, expect, it } from 'vitest';
import { createWorld } from '../sim/world/create.ts';
import type { FaultAt } from '../sim/world/faults.ts';
import { sufferFaults } from '../sim/world/suffer.ts';
import { systemClock } from '../src/platform/clock.ts';
import type { MemoryCluster } from '../src/store/memory.ts';
import { type Answer, startBench } from './support/edge-bench.ts';

type State = 'ok' | 'gone' | 'errors' | 'dies with it';

interface Row {
  live: State;
  standby: State;
  request: 'GET' | 'POST';
  /** The site is being handed over, since just before the request. */
  held?: true;
  /** How long the visitor waits; a second and a half when left out. */
  patienceMs?: number;
  /** `a`, `b`: answered well from there. `waits`: no answer in time. */
  outcome: 'a' | 'b' | 'error' | 'unknown' | 'waits';
}

/** Live in zone a, standby in zone b; nobody moves anything meanwhile. */
const ROWS: Row[] = [
  { live: 'ok', standby: 'ok', request: 'GET', outcome: 'a' },
  { live: 'ok', standby: 'ok', request: 'POST', outcome: 'a' },
  { live: 'ok', standby: 'gone', request: 'POST', outcome: 'a' },
  { live: 'gone', standby: 'ok', request: 'GET', outcome: 'b' },
  { live: 'gone', standby: 'ok', request: 'POST', outcome: 'waits' },
  { live: 'gone', standby: 'gone', request: 'GET', outcome: 'waits' },
  { live: 'errors', standby: 'ok', request: 'GET', outcome: 'b' },
  { live: 'errors', standby: 'ok', request: 'POST', outcome: 'error' },
  { live: 'errors', standby: 'errors', request: 'GET', outcome: 'error' },
  { live: 'dies with it', standby: 'ok', request: 'GET', outcome: 'b' },
  { live: 'dies with it', standby: 'ok', request: 'POST', outcome: 'unknown' },
  { held: true, live: 'ok', standby: 'ok', request: 'GET', outcome: 'waits' },
  { held: true, live: 'ok', standby: 'ok', request: 'POST', outcome: 'waits' },
  { held: true, live: 'ok', standby: 'ok', request: 'GET', patienceMs: 4_000, outcome: 'a' },
  { held: true, live: 'ok', standby: 'ok', request: 'POST', patienceMs: 4_000, outcome: 'a' },
  { held: true, live: 'gone', standby: 'ok', request: 'GET', outcome: 'waits' },
  { held: true, live: 'gone', standby: 'ok', request: 'GET', patienceMs: 4_000, outcome: 'b' },
];

const PATIENCE_MS = 1_500;
/** So long after the request came, the copy that it hangs in dies. */
const DIES_AFTER_MS = 300;

describe.each(ROWS)('$request, held $held, live copy $live, standby $standby: $outcome (I9)', (row) => {
  it('really', async () => {
    expect(await really(row)).toBe(row.outcome);
  });

  it('simulated', async () => {
    expect(await inSimulation(row)).toBe(row.outcome);
  });
});

async function really({ live, standby, request, held, patienceMs = PATIENCE_MS }: Row): Promise<string> {
  const bench = await startBench();
  try {
    await bench.route(1, 'a', 'b');
    for (const [zone, state] of [['a', live] as const, ['b', standby] as const]) {
      if (state === 'gone') await bench.zones[zone].kill();
      if (state === 'errors') await bench.zones[zone].mode('errors');
      if (state === 'dies with it') await bench.zones[zone].mode('hang');
    }
    if (held) await bench.route(2, 'a', 'b', 'held');
    const options = { timeoutMs: patienceMs };
    const answer = request === 'GET' ? bench.get('/', options) : bench.post('w1', options);
    if (live === 'dies with it') {
      await systemClock.sleep(DIES_AFTER_MS);
      await bench.zones.a.kill();
    }
    const outcome = outcomeOf(await answer);
    for (const zones of bench.executed().values()) expect(zones.length).toBe(1);
    return outcome;
  } finally {
    await bench.close();
  }
}

function outcomeOf({ status, zone, headers }: Answer): string {
  if (status === 0) return 'waits';
  if (status === 200) return zone ?? 'nobody';
  return headers['x-holdfast-outcome'] === 'unknown' ? 'unknown' : 'error';
}

/** The site is protected at 6 s; then every controller dies, so that the record stays as it is. */
const PROTECTED_MS = 6_000;
const STATE_MS = PROTECTED_MS + 1_000;
const ASKED_MS = STATE_MS + 500;

async function inSimulation({ live, standby, request, held, patienceMs = PATIENCE_MS }: Row): Promise<string> {
  const forMs = 60_000;
  const faults: FaultAt[] = ['a', 'b', 'c'].map((zone) => ({
    verb: 'crash',
    target: { kind: 'controller', zone },
    at: PROTECTED_MS,
    forMs,
  }));
  faults.push(...faultsOf('a', live, forMs), ...faultsOf('b', standby, forMs));
  const options = {
    seed: 1,
    sites: 1,
    edges: 1,
    zones: ['a', 'b', 'c'] as const,
    durationMs: forMs,
    faults,
    bugs: new Set<never>(),
    clients: { readsPerSecond: 0, writesPerSecond: 0 },
    healAt: forMs,
    settleMs: 0,
  };
  const started = createWorld(options);
  sufferFaults(started, options);
  const { engine } = started.world;
  await engine.runUntil(ASKED_MS - 50);
  if (held) holdIn(started.world.store.cluster);
  await engine.runUntil(ASKED_MS);
  let outcome = 'waits';
  started.edges.get('edge-1')!.accept({
    site: 'site-1',
    write: request === 'GET' ? null : 1,
    end: (result) => {
      outcome = result.kind === 'answered' ? result.zone : result.outcome === 'unknown' ? 'unknown' : 'error';
    },
  });
  await engine.runUntil(ASKED_MS + patienceMs);
  const executed = started.events.filter(({ kind }) => kind === 'write-dispatched');
  expect(executed.length).toBeLessThanOrEqual(1);
  return outcome;
}

/** What a controller would write down; all of them are dead by now. */
function holdIn(cluster: MemoryCluster): void {
  const before = cluster.placements.get('site-1')!;
  const asked = { kind: 'move', to: 'b', by: 'a test', why: 'to see it held', at: 0, drainMs: 10_000 } as const;
  const next = { ...before, epoch: before.epoch + 1, order: { ...asked, holding: true, attempts: 0 } };
  cluster.placements.set('site-1', next);
  cluster.tell({ kind: 'placements', item: next });
}

function faultsOf(zone: string, state: State, forMs: number): FaultAt[] {
  const target = { kind: 'application', zone, site: 'site-1' } as const;
  if (state === 'gone') return [{ verb: 'crash', target, at: STATE_MS, forMs }];
  if (state === 'errors') return [{ verb: 'app-errors', zone, site: 'site-1', share: 1, at: STATE_MS, forMs }];
  if (state === 'ok') return [];
  const hangs: FaultAt = { verb: 'app-hang', zone, site: 'site-1', at: STATE_MS, forMs };
  return [hangs, { verb: 'crash', target, at: ASKED_MS + DIES_AFTER_MS, forMs }];
}
