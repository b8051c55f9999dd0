/** What a controller listens to: reports on a WebSocket (`/observe`), probes (`/health`), and what is mounted beside them: the API above all. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import type { Report, ZoneId } from '../model/index.ts';
import { isAuthorised } from '../platform/authorised.ts';
import type { Log } from '../platform/log.ts';
import { StoreUnavailable } from '../store/store.ts';

/** A report of 10,000 copies is about 8 MB; anything beyond is not one. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Adds the questions of one subject; each stands in a file of its own under routes/. */
export type Routes = (app: FastifyInstance) => void;

export interface ServerOptions {
  zone: ZoneId;
  listen: string;
  clusterKey: string;
  log: Log;
  /** `text`: the very message that the report came in. */
  hear(report: Report, text: string): void;
  routes?: Routes[];
}

/** Listens until `close`; throws when the address is taken. */
export async function startServer(options: ServerOptions): Promise<{ close(): Promise<void> }> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/health', async () => ({ zone: options.zone, program: 'controller' }));
  for (const add of options.routes ?? []) add(app);
  app.setErrorHandler((error, _, reply) => {
    const status = error instanceof StoreUnavailable ? 503 : 500;
    reply.code(status).send({ error: error instanceof Error ? error.message : String(error) });
  });
  const sockets = listenForReports(options);
  app.server.on('upgrade', sockets.upgrade);
  const [host, port] = splitHostPort(options.listen);
  await app.listen({ host, port });
  return {
    close: async () => {
      sockets.close();
      await app.close();
    },
  };
}

function splitHostPort(listen: string): [string, number] {
  const at = listen.lastIndexOf(':');
  return [listen.slice(0, at), Number(listen.slice(at + 1))];
}

function listenForReports({ clusterKey, log, hear }: ServerOptions) {
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_BYTES });
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const text = String(data);
      const report = parseReport(text);
      if (report === null) socket.close(1008, 'not a report');
      else hear(report, text);
    });
    socket.on('error', (error) => log.debug({ trouble: error.message }, 'an observer went away'));
  });
  return {
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url !== '/observe' || !isAuthorised(request.headers.authorization, clusterKey)) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, (accepted) => server.emit('connection', accepted, request));
    },
    close: () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** Untrusted text to a report. Senders hold the cluster's key, so its outline is checked and not every number. */
function parseReport(text: string): Report | null {
  try {
    const report = JSON.parse(text) as Report;
    const named =
      report.kind === 'agent' ? Array.isArray(report.copies) : report.kind === 'edge' && Array.isArray(report.traffic);
    return named && Array.isArray(report.probes) && typeof report.sequence === 'number' ? report : null;
  } catch {
    return null;
  }
}
