/** Whether a copy fits on the disk, before a byte of it is fetched: a disk that fills up stops every other site on it too. Pure. */

/** What the backup brings besides the data files (redo log, undo of what ran meanwhile), and what grows before it is settled. */
const SHARE = 1.3;
const LEAST_RESERVE_BYTES = 32e6;
const RESERVE_SHARE_OF_DISK = 0.01;

/** Null when it fits; else a sentence with the numbers. */
export function lackOfRoom(dataBytes: number, disk: { freeBytes: number; totalBytes: number }): string | null {
  const reserve = Math.max(LEAST_RESERVE_BYTES, disk.totalBytes * RESERVE_SHARE_OF_DISK);
  const needed = dataBytes * SHARE + reserve;
  if (disk.freeBytes >= needed) return null;
  return (
    `there is no room for it: ${inMegabytes(dataBytes)} of data need ${inMegabytes(needed)} ` +
    `(1.3 times as much, and ${inMegabytes(reserve)} stay free), ${inMegabytes(disk.freeBytes)} are free`
  );
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
