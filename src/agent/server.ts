/** The agent's HTTP face: whether it is there, and physical backups of its copies for other zones' agents. */
import { createHash, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { SiteId, ZoneId } from '../model/index.ts';
import { splitAddress } from '../observe/probe.ts';
import type { Log } from '../platform/log.ts';
import type { Database } from './mariadb/goal.ts';

export interface AgentServerOptions {
  /** `host:port`. */
  listen: string;
  zone: ZoneId;
  clusterKey: string;
  log: Log;
  /** Null: no copy of that site here. */
  databaseOf: (site: SiteId) => Database | null;
}

const MOST_BACKUPS = 2;
/** A receiver that took nothing for this long is given up, so that it blocks no other. */
const SILENT_RECEIVER_MS = 30_000;
const BACKUP_PATH = /^\/copies\/([a-z0-9-]+)\/backup$/;

/** Resolves when it listens; rejects when the address is taken. */
export async function startServer(options: AgentServerOptions): Promise<{ stop(): Promise<void> }> {
  const { zone, listen, log } = options;
  const health = JSON.stringify({ zone, program: 'agent' });
  const serveBackup = createBackupService(options);

  const server = http.createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const site = BACKUP_PATH.exec(request.url ?? '')?.[1];
    if (request.url === '/health') return answer(response, 200, health);
    if (site === undefined) return answer(response, 404, '{"error":"not-found"}');
    if (!isKey(request.headers.authorization, options.clusterKey)) {
      return answer(response, 401, '{"error":"wrong-cluster-key"}');
    }
    serveBackup(site, response).catch((error) => {
      log.error({ err: error, site }, 'a backup failed');
      response.destroy();
    });
  });
  // Node ends a connection on which nothing moved for so long.
  server.timeout = SILENT_RECEIVER_MS;
  const { host, port } = splitAddress(listen);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => log.error({ err: error }, 'the listener failed'));
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createBackupService({ databaseOf, log }: AgentServerOptions) {
  const underway = new Set<SiteId>();
  return async (site: SiteId, response: http.ServerResponse): Promise<void> => {
    const database = databaseOf(site);
    if (database === null) return answer(response, 404, '{"error":"no-copy-here"}');
    if (underway.has(site) || underway.size >= MOST_BACKUPS) return answer(response, 503, '{"error":"busy"}');
    underway.add(site);
    const abort = new AbortController();
    response.once('close', () => abort.abort());
    try {
      const stream = await database.backup(abort.signal);
      const bytes = await database.dataBytes();
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-holdfast-data-bytes': String(bytes) });
      await pipeline(stream, response);
    } catch (error) {
      log.warn({ site, trouble: error instanceof Error ? error.message : String(error) }, 'a backup was not finished');
      // Cut short rather than ended: the receiver must not take a part for the whole.
      if (response.headersSent) response.destroy();
      else answer(response, 500, '{"error":"backup-failed"}');
    } finally {
      abort.abort();
      underway.delete(site);
    }
  };
}

function answer(response: http.ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body);
}

/** Compares digests, so that the time it takes tells nothing. */
function isKey(header: string | undefined, clusterKey: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${clusterKey}`));
}
