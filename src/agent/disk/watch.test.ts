import { expect, test } from 'vitest';
import { createLog } from '../../platform/log.ts';
import { createManualClock } from '../../platform/manual-clock.ts';
import type { DiskProbeEvents, DiskRoom } from './probe.ts';
import { createDiskWatch } from './watch.ts';

const ROOM: DiskRoom = { freeBytes: 5e9, totalBytes: 1e10 };

/** A disk that a test drives: writes begin and end when it says so. */
function disk() {
  const clock = createManualClock();
  const started: { folder: string; events: DiskProbeEvents; stopped: boolean }[] = [];
  const broken = { start: false };
  const watch = createDiskWatch({
    clock,
    log: createLog('test', {}, 'silent'),
    deviceOf: (folder) => (folder.startsWith('/other') ? 2 : 1),
    start(folder, events) {
      if (broken.start) throw new Error('no such user');
      const one = { folder, events, stopped: false };
      started.push(one);
      return {
        stop() {
          one.stopped = true;
        },
      };
    },
  });
  const wrote = (tookMs = 3, code = 'ok', room = ROOM) => {
    started.at(-1)!.events.began(room);
    started.at(-1)!.events.ended(room, tookMs, code);
  };
  return { clock, started, broken, watch, wrote, report: watch.over('/copies/shop') };
}

test('nothing is known until the first write has begun', () => {
  const { report, wrote } = disk();
  expect(report()).toBeNull();
  wrote(4.5);
  expect(report()).toEqual({ ...ROOM, stuckForMs: 0, fsyncMs: 4.5, full: false });
});

test('folders on one file system share one watcher, and all end together', () => {
  const { watch, started, wrote, report } = disk();
  const neighbour = watch.over('/copies/blog');
  wrote();
  expect(neighbour()).toEqual(report());
  expect(watch.over('/other/shop')()).toBeNull();
  expect(started.map(({ folder }) => folder)).toEqual(['/copies/shop', '/other/shop']);
  watch.stop();
  expect(started.every(({ stopped }) => stopped)).toBe(true);
});

test('a write that does not come back is stuck for ever longer, also when it is the first of all', async () => {
  const { clock, started, report, wrote } = disk();
  started[0]!.events.began(ROOM);
  await clock.advance(200);
  expect(report()).toMatchObject({ stuckForMs: 0 });
  await clock.advance(1_800);
  expect(report()).toMatchObject({ ...ROOM, stuckForMs: 2_000, full: false });
  started[0]!.events.ended(ROOM, 2_100, 'ok');
  expect(report()).toMatchObject({ stuckForMs: 0, fsyncMs: 2_100 });
  await clock.advance(60_000);
  expect(report(), 'between two writes nothing is overdue').toMatchObject({ stuckForMs: 0 });
  wrote();
  expect(report()).toMatchObject({ stuckForMs: 0, fsyncMs: 3 });
});

test('a pause of this agent is not a stuck disk', async () => {
  const { clock, started, report } = disk();
  started[0]!.events.began(ROOM);
  await clock.advance(100);
  clock.stall(3_600_000);
  expect(report()!.stuckForMs).toBeLessThanOrEqual(300);
});

const FULL: { name: string; code: string; room: DiskRoom; full: boolean }[] = [
  { name: 'no room', code: 'ENOSPC', room: { ...ROOM, freeBytes: 0 }, full: true },
  { name: 'quota used up', code: 'EDQUOT', room: ROOM, full: true },
  { name: 'next to nothing left', code: 'ok', room: { ...ROOM, freeBytes: 15e6 }, full: true },
  { name: 'little left', code: 'ok', room: { ...ROOM, freeBytes: 20e6 }, full: false },
  { name: 'a small disk', code: 'ok', room: { freeBytes: 1e6, totalBytes: 8e6 }, full: false },
  { name: 'a small disk with nothing left', code: 'ok', room: { freeBytes: 4096, totalBytes: 8e6 }, full: true },
];
for (const { name, code, room, full } of FULL) {
  test(`full: ${name}`, async () => {
    const { clock, report, wrote } = disk();
    wrote(1, code, room);
    expect(report()).toMatchObject({ full, stuckForMs: 0 });
    wrote();
    await clock.advance(59_000);
    expect(report(), 'a server may be waiting still').toMatchObject({ full });
    await clock.advance(1_500);
    expect(report()).toMatchObject({ full: false });
  });
}

test('a disk that fails every write takes none: it counts as stuck since the first, until one succeeds', async () => {
  const { clock, wrote, report } = disk();
  for (let turn = 0; turn < 4; turn++) {
    wrote(1, 'EIO');
    await clock.advance(500);
  }
  expect(report()).toMatchObject({ stuckForMs: 2_000, full: false });
  wrote();
  expect(report()).toMatchObject({ stuckForMs: 0 });
});

test('a watcher that dies or cannot start leaves the disk unknown, and is started again, ever more slowly', async () => {
  const { clock, started, broken, wrote, report } = disk();
  wrote();
  broken.start = true;
  started[0]!.events.gone('killed');
  expect(report()).toBeNull();
  await clock.advance(10_000);
  expect(started).toHaveLength(1);
  broken.start = false;
  await clock.advance(30_000);
  expect(started).toHaveLength(2);
  wrote();
  expect(report()).toMatchObject({ stuckForMs: 0 });
});
