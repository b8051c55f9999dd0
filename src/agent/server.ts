/**
 * The agent's one listener. In plain HTTP it only tells that it is there; with the cluster's key (TLS) it also streams backups of its
 * copies and the files of their visitors to other zones' agents, tells them when such files change, and people of what was set aside.
 */
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { SiteId, ZoneId } from '../model/index.ts';
import { splitAddress } from '../observe/probe.ts';
import type { Log } from '../platform/log.ts';
import { createBackupService } from './backup-service.ts';
import { CHANGES_PATH, FILES_PATH, FILES_PROTOCOL } from './files/module.ts';
import type { Database } from './mariadb/goal.ts';
import type { SalvageDesk } from './mariadb/salvage/desk.ts';
import { serveSalvage } from './salvage-routes.ts';
import { createSealedServer } from './sealed.ts';

export interface AgentServerOptions {
  /** `host:port`. */
  listen: string;
  zone: ZoneId;
  clusterKey: string;
  log: Log;
  /** Null: no copy of that site here. */
  databaseOf: (site: SiteId) => Pick<Database, 'backup' | 'dataBytes'> | null;
  /** Serves visitors' files over the connection (`files/server.ts`), and closes it in the end; left out: nobody is served. */
  serveFiles?: (connection: Duplex) => void;
  /** Tells of changes of visitors' files for as long as it is listened to (`files/changes.ts`); left out: nobody is told. */
  serveChanges?: (response: http.ServerResponse) => void;
  /** What was set aside on this host; left out: nothing is told of it. */
  salvage?: SalvageDesk;
}

/** On a connection on which nothing moved for so long nobody waits any more. */
const SILENT_MS = 30_000;
/** A connection that says nothing at all is of no use. */
const FIRST_BYTE_MS = 10_000;
const TLS_HANDSHAKE = 0x16;

/** Resolves when it listens; rejects when the address is taken. */
export async function startServer(options: AgentServerOptions): Promise<{ stop(): Promise<void> }> {
  const { zone, listen, log, serveFiles, serveChanges } = options;
  const health = JSON.stringify({ zone, program: 'agent' });
  const backups = createBackupService(options);

  const plain = http.createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    if (request.url === '/health') return answer(response, 200, health);
    answer(response, 404, '{"error":"not-found","detail":"without the cluster key there is only /health"}');
  });
  const sealed = createSealedServer(options.clusterKey, (request, response) => {
    if (request.url === '/health') return answer(response, 200, health);
    if (request.url === CHANGES_PATH && serveChanges !== undefined) return serveChanges(response);
    if (options.salvage !== undefined && serveSalvage(options.salvage, { zone, log }, request, response)) return;
    const state = backups.stateAt(request.url ?? '');
    if (state !== null) return answer(response, 200, JSON.stringify(state));
    answer(response, 404, '{"error":"not-found"}');
  });
  sealed.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    if (backups.serve(request, socket as net.Socket)) return;
    if (serveFiles === undefined || request.headers.upgrade !== FILES_PROTOCOL || request.url !== FILES_PATH) {
      return socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    }
    (socket as net.Socket).setTimeout(0);
    if (head.length > 0) socket.unshift(head);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${FILES_PROTOCOL}\r\n\r\n`);
    serveFiles(socket);
  });
  sealed.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    // The other end's patience ended, or its process did.
    if (error.code === 'ECONNRESET') log.info({}, 'a caller hung up before the handshake was over');
    else log.warn({ trouble: error.message }, 'somebody without the cluster key');
  });
  // Node ends a connection on which nothing moved for so long.
  for (const server of [plain, sealed]) server.timeout = SILENT_MS;

  const { listener, closeAll } = createSwitch((first) => (first === TLS_HANDSHAKE ? sealed : plain));
  const { host, port } = splitAddress(listen);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, host, resolve);
  });
  listener.on('error', (error) => log.error({ err: error }, 'the listener failed'));
  return {
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        closeAll();
      }),
  };
}

/** Hands each connection to the server that its first byte asks for. */
function createSwitch(serverFor: (firstByte: number) => net.Server) {
  const open = new Set<net.Socket>();
  const listener = net.createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const drop = () => socket.destroy();
    socket.once('error', drop);
    socket.setTimeout(FIRST_BYTE_MS, drop);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return drop();
      socket.setTimeout(0);
      socket.off('timeout', drop);
      socket.unshift(first);
      serverFor(first[0]!).emit('connection', socket);
    });
  });
  return {
    listener,
    closeAll() {
      for (const socket of open) socket.destroy();
    },
  };
}

function answer(response: http.ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body);
}
