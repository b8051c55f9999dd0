/**
 * Gives backups of this host's copies to other zones' agents: `GET /copies/SITE/backup?reign=N`, upgraded to the backup itself
 * (`mariadb/backup-wire.ts`), or refused with a reason; and `GET /copies/SITE/backup/state`, whether it is held back.
 */
import http from 'node:http';
import type net from 'node:net';
import type { Epoch, SiteId } from '../model/index.ts';
import type { Log } from '../platform/log.ts';
import { type Backup, BackupRefused } from './mariadb/backup.ts';
import { BACKUP_PROTOCOL, trailerOf } from './mariadb/backup-wire.ts';
import type { Database } from './mariadb/goal.ts';

const PATH = /^\/copies\/([a-z0-9-]+)\/backup(\/state|\?reign=(\d{1,15}))$/;
const MOST_BACKUPS = 2;
/** A receiver that took nothing for this long is given up, so that it blocks no other. */
const SILENT_RECEIVER_MS = 30_000;

export interface BackupServiceOptions {
  log: Log;
  /** Null: no copy of that site here. */
  databaseOf: (site: SiteId) => Pick<Database, 'backup' | 'dataBytes'> | null;
}

export interface BackupService {
  /** Sends a backup over the connection and closes it; false: it is not for this. */
  serve(request: http.IncomingMessage, connection: net.Socket): boolean;
  /** Null: the URL does not ask for it. */
  stateAt(url: string): { throttled: boolean } | null;
}

export function createBackupService({ databaseOf, log }: BackupServiceOptions): BackupService {
  const underway = new Map<SiteId, Backup | null>();

  const give = async (site: SiteId, reign: Epoch, connection: net.Socket): Promise<void> => {
    const database = databaseOf(site);
    if (database === null) return refuse(connection, 404, { error: 'no-copy-here' });
    if (underway.has(site) || underway.size >= MOST_BACKUPS) return refuse(connection, 503, { error: 'busy' });
    underway.set(site, null);
    const gone = goneSignal(connection);
    let begun = false;
    try {
      const bytes = await database.dataBytes();
      const backup = await database.backup(gone.signal, reign);
      underway.set(site, backup);
      begun = true;
      connection.write(head(101, { connection: 'upgrade', upgrade: BACKUP_PROTOCOL, 'x-holdfast-data-bytes': bytes }));
      await end(connection, trailerOf(await backup.send(connection)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn({ site, trouble: why }, 'a backup was not finished');
      // Cut short, and without its trailer: the receiver must not take a part for the whole.
      if (begun) connection.destroy();
      else if (error instanceof BackupRefused) refuse(connection, 409, { error: 'not-now', why });
      else refuse(connection, 500, { error: 'backup-failed', why });
    } finally {
      gone.abort();
      underway.delete(site);
    }
  };

  return {
    serve(request, connection) {
      const [, site, , reign] = PATH.exec(request.url ?? '') ?? [];
      if (site === undefined || reign === undefined || request.headers.upgrade !== BACKUP_PROTOCOL) return false;
      connection.on('error', () => {});
      // It has nothing to say, but that it has gone shows only to who listens.
      connection.resume();
      connection.setTimeout(SILENT_RECEIVER_MS, () => connection.destroy());
      give(site, Number(reign), connection).catch((error) => {
        log.error({ err: error, site }, 'a backup failed');
        connection.destroy();
      });
      return true;
    },
    stateAt(url) {
      const [, site, what] = PATH.exec(url) ?? [];
      if (site === undefined || what !== '/state') return null;
      return { throttled: underway.get(site)?.throttled() ?? false };
    },
  };
}

/** Aborted when the receiver goes. */
function goneSignal(connection: net.Socket): AbortController {
  const gone = new AbortController();
  if (connection.destroyed) gone.abort();
  for (const event of ['end', 'close']) connection.once(event, () => gone.abort());
  return gone;
}

function end(connection: net.Socket, last: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once('close', () => reject(new Error('the receiver has gone')));
    connection.end(last, resolve);
  });
}

function refuse(connection: net.Socket, status: number, body: object): void {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  };
  connection.end(head(status, headers) + text);
}

function head(status: number, headers: Record<string, string | number>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${lines.join('')}\r\n`;
}
