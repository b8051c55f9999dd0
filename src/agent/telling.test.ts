import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aCopy, anAgentReport, standbyDatabase } from '../../test/support/fixtures.ts';
import type { AgentReport, CopyReport, DatabaseReport, MonoMs, Window } from '../model/index.ts';
import { absorb, emptyWindow } from '../observe/window.ts';
import { ALWAYS_TOLD, createTeller } from './telling.ts';

const EVERY_MS = 100;
const DISK = { freeBytes: 5e9, totalBytes: 1e10, stuckForMs: 0, fsyncMs: 1, full: false };

const aHost = (count: number, change: (index: number) => Partial<CopyReport> = () => ({})) =>
  Array.from({ length: count }, (_, index) => aCopy({ site: `site-${index}`, ...change(index) }));
/** The same copies a report later. */
const older = (all: CopyReport[]) =>
  all.map((copy) => ({
    ...copy,
    database: { ...copy.database, stateForMs: copy.database.stateForMs + EVERY_MS },
    application: { ...copy.application, stateForMs: copy.application.stateForMs + EVERY_MS },
  }));
const sitesOf = (copies: CopyReport[]) => copies.map(({ site }) => site);

test('the copies of a small host are told every time', () => {
  const teller = createTeller();
  const all = aHost(ALWAYS_TOLD);
  for (let turn = 0; turn < 3; turn++) expect(teller.tell(all, turn * EVERY_MS)).toEqual({ copies: all });
});

test('of a big one all are told at first, then each once a second', () => {
  const teller = createTeller();
  let all = aHost(2_000);
  expect(teller.tell(all, 0)).toEqual({ copies: all });
  const seen = new Set<string>();
  for (let turn = 1; turn <= 10; turn++) {
    all = older(all);
    const { copies, copiesInAll } = teller.tell(all, turn * EVERY_MS);
    expect(copiesInAll).toBe(2_000);
    expect(copies).toHaveLength(200);
    for (const site of sitesOf(copies)) seen.add(site);
  }
  expect(seen.size).toBe(2_000);
});

test('of very many no more than a limit is told in turn, and no more than another of those that changed', () => {
  const teller = createTeller();
  let all = aHost(10_000);
  const told = new Set<string>();
  for (let turn = 0; turn < 5; turn++) {
    const { copies } = teller.tell(all, turn * EVERY_MS);
    all = older(all);
    expect(copies.length).toBeLessThanOrEqual(2_300);
    for (const site of sitesOf(copies)) told.add(site);
  }
  expect(told.size, 'five times two thousand').toBe(10_000);
  for (let turn = 5; turn < 8; turn++) {
    expect(teller.tell(all, turn * EVERY_MS).copies).toHaveLength(300);
    all = older(all);
  }
});

const CONNECTIONS = { used: 5, most: 151 };
const database = (change: Partial<DatabaseReport>) => ({
  database: standbyDatabase({ stateForMs: 60_100, disk: { ...DISK }, connections: { ...CONNECTIONS }, ...change }),
});
const application = (change: object) => ({
  application: { state: 'ready' as const, stateForMs: 60_100, checks: [200, 200], tookMs: [20, 20], ...change },
});
const ACTION = { id: 'x', verb: 'promote', epoch: 7, startedAt: 1, tookMs: 5, outcome: 'done' as const, detail: '' };
const CASES: { name: string; to: Partial<CopyReport>; toldAfterMs: number | null }[] = [
  { name: 'a new epoch', to: { epoch: 8 }, toldAfterMs: 100 },
  { name: 'a role made true', to: { settled: 'standby' }, toldAfterMs: 100 },
  { name: 'a promotion', to: { promoted: { epoch: 8, position: '' } }, toldAfterMs: 100 },
  { name: 'an action', to: { actions: [ACTION] }, toldAfterMs: 100 },
  { name: 'a database that died', to: database({ state: 'down', stateForMs: 10 }), toldAfterMs: 100 },
  { name: 'a state that went and came back', to: database({ stateForMs: 50 }), toldAfterMs: 100 },
  { name: 'replication that broke', to: database({ ioRunning: false }), toldAfterMs: 100 },
  { name: 'a full disk', to: database({ disk: { ...DISK, full: true } }), toldAfterMs: 100 },
  { name: 'a stuck disk', to: database({ disk: { ...DISK, stuckForMs: 300 } }), toldAfterMs: 100 },
  { name: 'a disk that nobody watches any more', to: database({ disk: null }), toldAfterMs: 100 },
  { name: 'connections nearly used up', to: database({ connections: { used: 140, most: 151 } }), toldAfterMs: 100 },
  { name: 'a bad check', to: application({ checks: [200, 500] }), toldAfterMs: 100 },
  { name: 'an application that fails', to: application({ state: 'failing', stateForMs: 10 }), toldAfterMs: 100 },
  { name: 'another good check', to: application({ checks: [200, 200, 200], tookMs: [20, 20, 25] }), toldAfterMs: null },
  { name: 'writes that arrive', to: database({ receivedPosition: '0-1-101' }), toldAfterMs: 500 },
  { name: 'a heartbeat', to: database({ heardAgoMs: 480 }), toldAfterMs: null },
  { name: 'less room', to: database({ disk: { ...DISK, freeBytes: 4e9 } }), toldAfterMs: null },
  { name: 'time', to: database({ stateForMs: 61_000 }), toldAfterMs: null },
];
for (const { name, to, toldAfterMs } of CASES) {
  test(`${name}: told ${toldAfterMs === null ? 'in turn' : `after ${toldAfterMs} ms`}`, () => {
    const teller = createTeller();
    let all = aHost(600, () => ({ ...database({ stateForMs: 60_000 }), ...application({ stateForMs: 60_000 }) }));
    // Told every time, as the one that heard last.
    all[599]!.database.heardAgoMs = 0;
    // Told in turn with the first report of all, and so not again before the eleventh.
    teller.tell(all, 0);
    all = older(all);
    all[0] = { ...all[0]!, ...to };
    let firstAt: number | null = null;
    for (let turn = 1; turn < 10 && firstAt === null; turn++) {
      if (sitesOf(teller.tell(all, turn * EVERY_MS).copies).includes('site-0')) firstAt = turn * EVERY_MS;
      all = older(all);
    }
    expect(firstAt).toBe(toldAfterMs);
  });
}

test('as long as any copy hears from a zone, that is told every time', () => {
  const teller = createTeller();
  const all = aHost(1_000, (index) => database({ follows: index % 2 === 0 ? 'a' : 'c', heardAgoMs: 400 }));
  teller.tell(all, 0);
  for (let turn = 1; turn < 9; turn++) {
    all[900] = aCopy({ site: 'site-900', ...database({ follows: 'a', heardAgoMs: 10 + turn }) });
    all[901] = aCopy({ site: 'site-901', ...database({ follows: 'c', heardAgoMs: 20 + turn }) });
    expect(sitesOf(teller.tell(all, turn * EVERY_MS).copies)).toEqual(expect.arrayContaining(['site-900', 'site-901']));
  }
});

/** What a reader must know exactly after every report. */
function exactly({ database: { state, ioRunning, disk, connections }, application: app, ...copy }: CopyReport) {
  const { full, stuckForMs } = disk!;
  const failing = app.checks.every((status) => status === 200) ? [] : app.checks;
  return {
    ...copy,
    state,
    ioRunning,
    full,
    stuck: stuckForMs > 0,
    failing,
    used: connections!.used > 135,
    app: app.state,
  };
}

/** A host whose copies live on from turn to turn: most are well, a few change, and now and then a whole zone falls silent. */
function createLivingHost(count: number, chance: () => number) {
  const pick = (many: number) => Math.floor(chance() * many);
  const silent = new Set<string>();
  const copies = aHost(count, (index) => ({
    ...database({ follows: index % 17 === 0 ? 'c' : 'a', heardAgoMs: pick(500) }),
    ...application({ checks: Array(20).fill(200) }),
  }));
  const livesOn = (copy: CopyReport) => {
    const { database: db, application: app } = copy;
    db.stateForMs += EVERY_MS;
    app.stateForMs += EVERY_MS;
    if (db.disk!.stuckForMs > 0) db.disk!.stuckForMs += EVERY_MS;
    db.heardAgoMs! += EVERY_MS;
    if (db.heardAgoMs! >= 500 && !silent.has(db.follows!)) db.heardAgoMs = pick(20);
    const status = app.state === 'failing' ? 500 : 200;
    if (pick(3) === 0) app.checks = [...app.checks.slice(1), status];
  };
  const change = (copy: CopyReport) => {
    const { database: db, application: app } = copy;
    const changes = [
      () => Object.assign(db, { state: db.state === 'running' ? 'down' : 'running', stateForMs: pick(EVERY_MS) }),
      () => Object.assign(app, { state: app.state === 'ready' ? 'failing' : 'ready', stateForMs: pick(EVERY_MS) }),
      () => Object.assign(db, { ioRunning: !db.ioRunning }),
      () => Object.assign(db, { receivedPosition: `0-1-${pick(1_000)}` }),
      () => Object.assign(db.disk!, { stuckForMs: db.disk!.stuckForMs > 0 ? 0 : 300 }),
      () => Object.assign(db.disk!, { full: !db.disk!.full, freeBytes: pick(1e9) }),
      () => Object.assign(db.connections!, { used: pick(152) }),
      () => Object.assign(copy, { epoch: copy.epoch + 1, settled: null }),
    ];
    changes[pick(changes.length)]!();
  };
  return {
    copies,
    turn() {
      if (pick(30) === 0) for (const zone of ['a', 'c']) silent[pick(2) === 0 ? 'add' : 'delete'](zone);
      copies.forEach(livesOn);
      const many = pick(20) === 0 ? count / 2 : pick(4);
      for (let index = 0; index < many; index++) change(copies[pick(count)]!);
    },
  };
}

/** Mulberry32, so that a failure can be run again from its seed. */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All of it must be so, and every age exact but for rounding; only what was heard last may be younger. */
function isSo(told: CopyReport, real: CopyReport): boolean {
  const ages = ({ database: db, application: app }: CopyReport) => [db.stateForMs, db.disk!.stuckForMs, app.stateForMs];
  const were = ages(real);
  return (
    isDeepStrictEqual(exactly(told), exactly(real)) &&
    ages(told).every((age, at) => Math.abs(age - were[at]!) <= 20) &&
    told.database.heardAgoMs! >= real.database.heardAgoMs!
  );
}

const youngest = (copies: CopyReport[], zone: string) =>
  Math.min(...copies.filter(({ database: { follows } }) => follows === zone).map(({ database: db }) => db.heardAgoMs!));

test('what a controller puts together is what is so, whatever gets lost on the way and whenever it forgets', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 45, max: 400 }), (seed, count) => {
      const chance = createChance(seed);
      const host = createLivingHost(count, chance);
      const teller = createTeller();
      let window: Window = emptyWindow(0);
      let heardAll = 0;
      for (let turn = 1; turn <= 60; turn++) {
        host.turn();
        const now: MonoMs = turn * EVERY_MS;
        const told = teller.tell(structuredClone(host.copies), now);
        const report: AgentReport = JSON.parse(JSON.stringify(anAgentReport('b', { sequence: turn, ...told })));
        const [lost, forgets] = [chance() < 0.03, chance() < 0.02];
        if (forgets) window = emptyWindow(now);
        if (lost || forgets) heardAll = 0;
        if (lost) continue;
        heardAll += 1;
        absorb(window, report, now);
        const seen = window.agents.get('b')!.report.copies;
        const truth = new Map(host.copies.map((copy) => [copy.site, copy]));
        const wrong = seen.filter((copy) => !isSo(copy, truth.get(copy.site)!));
        expect(wrong.map((copy) => [copy, truth.get(copy.site)])).toEqual([]);
        for (const zone of ['a', 'c']) expect(youngest(seen, zone)).toBe(youngest(host.copies, zone));
        if (heardAll > 10) expect(seen).toHaveLength(count);
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
});
