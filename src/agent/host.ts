/** What this host has left, from /proc: whoever sends more work here must know that there is room for it. */
import { readFileSync } from 'node:fs';
import type { MonoMs, Room } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';

export interface RoomMeter {
  /** Null until two looks have been taken, and whenever /proc cannot be read. */
  room(): Room | null;
  stop(): void;
}

const LOOK_EVERY_MS = 1_000;
/** `cpuBusy` is the mean over so long. */
const LOOKS_KEPT = 4;
/** Looks further apart than this have a pause of ours between them. */
const STALE_MS = 5_000;

/** Looks once a second. `read` answers a file's text and throws when there is none; replaced in tests. */
export function createRoomMeter(clock: Clock, read = (path: string) => readFileSync(path, 'utf8')): RoomMeter {
  let looks: { at: MonoMs; ticks: CpuTicks }[] = [];
  let newest: Room | null = null;

  const look = (): Room | null => {
    const at = clock.mono();
    const ticks = parseCpu(read('/proc/stat'));
    const memory = parseMemory(read('/proc/meminfo'));
    if (ticks === null || memory === null) return null;
    const before = looks.filter((one) => at - one.at <= STALE_MS).slice(1 - LOOKS_KEPT);
    looks = [...before, { at, ticks }];
    const oldest = before[0]?.ticks;
    if (oldest === undefined || ticks.all <= oldest.all) return null;
    const machine = read('/proc/sys/kernel/random/boot_id').trim();
    const cpuBusy = 1 - (ticks.idle - oldest.idle) / (ticks.all - oldest.all);
    return {
      cores: ticks.cores,
      cpuBusy: Math.round(Math.min(1, Math.max(0, cpuBusy)) * 1000) / 1000,
      ...memory,
      machine,
    };
  };
  const turn = () => {
    try {
      newest = look();
    } catch {
      newest = null;
    }
  };

  turn();
  return { room: () => newest, stop: clock.every(LOOK_EVERY_MS, turn) };
}

interface CpuTicks {
  cores: number;
  all: number;
  idle: number;
}

/**
 * Of /proc/stat, proc(5): `cpu user nice system idle iowait irq softirq steal …`, then a line `cpuN` for each core. What follows
 * `steal` is contained in `user` and `nice` already. Waiting for a disk is idle here.
 */
export function parseCpu(text: string): CpuTicks | null {
  const lines = text.split('\n');
  const cores = lines.filter((line) => /^cpu\d/.test(line)).length;
  const ticks = lines
    .find((line) => line.startsWith('cpu '))
    ?.trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  if (ticks === undefined || ticks.length < 5 || cores === 0 || ticks.some(Number.isNaN)) return null;
  return { cores, all: ticks.reduce((sum, each) => sum + each), idle: ticks[3]! + ticks[4]! };
}

/** Of /proc/meminfo; null when a line is missing. */
export function parseMemory(text: string): Pick<Room, 'memoryAvailableBytes' | 'memoryTotalBytes'> | null {
  const bytes = (name: string) => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  };
  const [memoryAvailableBytes, memoryTotalBytes] = [bytes('MemAvailable'), bytes('MemTotal')];
  return memoryAvailableBytes === null || memoryTotalBytes === null ? null : { memoryAvailableBytes, memoryTotalBytes };
}
