import { expect, test } from 'vitest';
import { createManualClock } from '../platform/manual-clock.ts';
import { createRoomMeter } from './host.ts';

const MEMINFO = 'MemTotal:        4000000 kB\nMemFree:          100000 kB\nMemAvailable:    3000000 kB\n';

/** A host of two cores whose ticks a test counts on. */
function host() {
  const ticks = { busy: 10_000, idle: 90_000, wait: 500 };
  const files: Record<string, string | undefined> = {
    '/proc/meminfo': MEMINFO,
    '/proc/sys/kernel/random/boot_id': 'b00t-1d\n',
  };
  const clock = createManualClock();
  const read = (path: string) => {
    if (path === '/proc/stat')
      return `cpu  ${ticks.busy} 0 0 ${ticks.idle} ${ticks.wait} 0 0 0 7 0\ncpu0 1 2\ncpu1 1 2\nintr 5\n`;
    const text = files[path];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
  const second = async (busy: number, idle: number, wait = 0) => {
    ticks.busy += busy;
    ticks.idle += idle;
    ticks.wait += wait;
    await clock.advance(1_000);
  };
  return { clock, files, second, meter: createRoomMeter(clock, read) };
}

test('is unknown after one look, and then the mean of the last three seconds', async () => {
  const { meter, second } = host();
  expect(meter.room()).toBeNull();
  await second(50, 150);
  expect(meter.room()).toEqual({
    cores: 2,
    cpuBusy: 0.25,
    memoryAvailableBytes: 3_072_000_000,
    memoryTotalBytes: 4_096_000_000,
    machine: 'b00t-1d',
  });
  await second(0, 180, 20);
  expect(meter.room()?.cpuBusy, 'waiting for a disk is not work').toBe(0.125);
  for (let turn = 0; turn < 3; turn++) await second(200, 0);
  expect(meter.room()?.cpuBusy).toBe(1);
});

test('what cannot be read is unknown, not zero', async () => {
  const { meter, second, files } = host();
  await second(50, 150);
  files['/proc/meminfo'] = undefined;
  await second(50, 150);
  expect(meter.room()).toBeNull();
  files['/proc/meminfo'] = 'MemTotal: 1 kB\n';
  await second(50, 150);
  expect(meter.room()).toBeNull();
});

test('after a pause the time in it does not count', async () => {
  const { meter, second, clock } = host();
  await second(0, 200);
  clock.stall(600_000);
  await second(200, 0);
  expect(meter.room()).toBeNull();
  await second(100, 100);
  expect(meter.room()?.cpuBusy).toBe(0.5);
});

test('reads this very machine', async () => {
  const clock = createManualClock();
  const meter = createRoomMeter(clock);
  // Ticks are 10 ms long, and the manual clock is not theirs.
  for (let turn = 0; turn < 200 && meter.room() === null; turn++) {
    await clock.advance(1_000);
    for (let wait = 0; wait < 200; wait++) await new Promise(setImmediate);
  }
  expect(meter.room()?.cores).toBeGreaterThan(0);
  expect(meter.room()!.memoryAvailableBytes).toBeLessThan(meter.room()!.memoryTotalBytes);
});
