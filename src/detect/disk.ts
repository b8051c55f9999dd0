/** What an agent's own small writes beside the data say about a copy's disk. */
import type { CopyReport, Evidence } from '../model/index.ts';

export interface BadDisk {
  /** 0: it is full, and answers. */
  stuckForMs: number;
  evidence: Evidence;
}

/** Null: it takes writes, none has been under way for `limitMs`, or nobody has looked yet. */
export function badDisk({ database }: CopyReport, zone: string, limitMs: number): BadDisk | null {
  const { disk } = database;
  if (disk === null) return null;
  const observer = `agent:${zone}`;
  if (disk.stuckForMs >= limitMs) {
    const saw = `a small write beside the data has not returned for ${Math.round(disk.stuckForMs)} ms`;
    return { stuckForMs: disk.stuckForMs, evidence: { observer, saw } };
  }
  if (!disk.full) return null;
  return {
    stuckForMs: 0,
    evidence: {
      observer,
      saw: `the disk is full, or was within the last minute (${disk.freeBytes} of ${disk.totalBytes} bytes free)`,
    },
  };
}
