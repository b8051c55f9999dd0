/**
 * Every incident's own stretch of observations, as a file: from half a minute before it was recognised to a little after it is closed,
 * so that what a more patient policy would have done can be seen too. They are
 * evidence, kept by every zone's controller, and bounded; a disk that is full costs the file and nothing else.
 */
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Placement, SiteId } from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Recording } from './recording.ts';
import type { Limits, Sink, Stretch } from './stretch.ts';

const MINUTE_MS = 60_000;
const MEGABYTE = 1024 * 1024;

export interface FileLimits extends Limits {
  mostFiles: number;
  /** Of all files together. */
  folderBytes: number;
  /** So many are written at the same time. */
  mostAtOnce: number;
  /** An incident is followed for so long after it is closed. */
  afterMs: number;
}

export const FILE_LIMITS: FileLimits = {
  waitingBytes: 64 * MEGABYTE,
  mostBytes: 256 * MEGABYTE,
  mostMs: 10 * MINUTE_MS,
  mostFiles: 50,
  folderBytes: 1024 * MEGABYTE,
  mostAtOnce: 4,
  afterMs: 15_000,
};

export interface IncidentFilesOptions {
  /** Created when the first incident opens. */
  folder: string;
  recording: Pick<Recording, 'fromBefore' | 'kept'>;
  clock: Pick<Clock, 'after'>;
  log: Log;
  limits?: FileLimits;
}

export interface IncidentFiles {
  /** These placements may have changed; to be called after the recording was told. */
  changed(placements: Iterable<Placement>): void;
  /** The kept stretch, perhaps still growing; null: there is none here. */
  read(incident: string): Readable | null;
  /** Ends what is being written. */
  close(): Promise<void>;
}

export function createIncidentFiles({
  folder,
  recording,
  clock,
  log,
  limits = FILE_LIMITS,
}: IncidentFilesOptions): IncidentFiles {
  const incidentOf = new Map<SiteId, string>();
  const sitesOf = new Map<string, Set<SiteId>>();
  const stretches = new Map<string, Stretch>();

  const opened = (incident: string): void => {
    if (!isFileName(incident) || stretches.has(incident)) return;
    if (stretches.size >= limits.mostAtOnce) {
      log.warn(
        { incident, most: limits.mostAtOnce },
        'its observations are not kept: those of others are being written',
      );
      return;
    }
    const onTrouble = (error: unknown) =>
      log.warn({ err: error, incident }, 'the observations of an incident cannot be kept');
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      makeRoom(folder, limits, log);
    } catch (error) {
      onTrouble(error);
      return;
    }
    const stretch = recording.fromBefore(incident, { sink: fileSink(folder, incident), limits, onTrouble });
    stretches.set(incident, stretch);
    stretch.done.then(() => stretches.delete(incident));
    log.info(
      { incident, beforeMs: Math.round(recording.kept().forMs) },
      'keeping what is observed during the incident',
    );
  };
  const left = (incident: string, site: SiteId): void => {
    const sites = sitesOf.get(incident);
    sites?.delete(site);
    if (sites?.size !== 0) return;
    sitesOf.delete(incident);
    const stretch = stretches.get(incident);
    if (stretch === undefined) return;
    const cancel = clock.after(limits.afterMs, () => {
      if (!sitesOf.has(incident)) stretch.end('the incident is closed');
    });
    stretch.done.then(cancel);
  };
  const joined = (incident: string, site: SiteId): void => {
    const sites = sitesOf.get(incident);
    if (sites !== undefined) sites.add(site);
    else {
      sitesOf.set(incident, new Set([site]));
      opened(incident);
    }
  };

  return {
    changed(placements) {
      for (const { site, incident } of placements) {
        const before = incidentOf.get(site) ?? null;
        if (before === incident) continue;
        if (incident === null) incidentOf.delete(site);
        else {
          incidentOf.set(site, incident);
          joined(incident, site);
        }
        if (before !== null) left(before, site);
      }
    },
    read(incident) {
      if (!isFileName(incident)) return null;
      const name = filesOf(folder).find((file) => incidentOfFile(file) === incident);
      return name === undefined ? null : createReadStream(join(folder, name));
    },
    async close() {
      const writing = [...stretches.values()];
      for (const stretch of writing) stretch.end('the controller stopped');
      await Promise.all(writing.map(({ done }) => done));
    },
  };
}

/** Incidents' ids come from the store and from requests: nothing else than one may become a path. */
function isFileName(incident: string): boolean {
  return /^[A-Za-z0-9][\w.:~@-]{0,200}$/.test(incident);
}

/** A controller that was restarted in the middle writes a second part beside the first. */
const partName = (incident: string, part: number) => `${incident}${part === 1 ? '' : `~part-${part}`}.ndjson`;
const incidentOfFile = (file: string) => file.replace(/(~part-\d+)?\.ndjson$/, '');
const MOST_PARTS = 9;

/** Oldest first: an incident's id begins with its time. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.ndjson'))
      .sort();
  } catch {
    return [];
  }
}

/** Deletes the oldest files until one more has its place. */
function makeRoom(folder: string, { mostFiles, folderBytes }: FileLimits, log: Log): void {
  const files = filesOf(folder).map((file) => ({ file, bytes: statSync(join(folder, file)).size }));
  let bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  let count = files.length;
  for (const oldest of files) {
    if (count < mostFiles && bytes <= folderBytes) return;
    log.warn(
      { file: oldest.file, bytes: oldest.bytes, mostFiles, folderBytes },
      'deleting the oldest kept observations for want of room',
    );
    rmSync(join(folder, oldest.file));
    bytes -= oldest.bytes;
    count -= 1;
  }
}

/** The file is made with the first text, never over one that is there. */
function fileSink(folder: string, incident: string): Sink {
  let file: FileHandle | null = null;
  let aborted = false;
  const openPart = async (): Promise<FileHandle> => {
    for (let part = 1; ; part += 1) {
      try {
        return await open(join(folder, partName(incident, part)), 'wx', 0o600);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || part === MOST_PARTS) throw error;
      }
    }
  };
  const close = async () => {
    const closing = file;
    file = null;
    await closing?.close();
  };
  return {
    close,
    async write(text) {
      if (aborted) throw new Error('cut off: the disk was too slow');
      file ??= await openPart();
      await file.appendFile(text);
    },
    abort() {
      aborted = true;
      close().catch(() => {});
    },
  };
}
