/** The same backup without encryption, to see what encryption costs. Only for measuring: nothing in `src/` speaks it. */
import { createServer, get } from 'node:http';
import { BACKUP_PROTOCOL, trailerOf } from '../../src/agent/mariadb/backup-wire.ts';
import type { Database, Source } from '../../src/agent/mariadb/goal.ts';
import type { BackupStream } from '../../src/agent/mariadb/options.ts';

/** The bare listener's port, counted from the agent's. */
const BARE_OFFSET = 1;

export function serveBare(host: string, agentPort: number, database: Database): void {
  const server = createServer();
  server.on('upgrade', (request, connection) => {
    const gone = new AbortController();
    connection.on('error', () => {});
    connection.on('close', () => gone.abort());
    const serve = async () => {
      const backup = await database.backup(gone.signal, Number(request.url!.slice(1)));
      const size = `x-holdfast-data-bytes: ${await database.dataBytes()}`;
      connection.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${BACKUP_PROTOCOL}\r\n${size}\r\n\r\n`,
      );
      connection.end(trailerOf(await backup.send(connection)));
    };
    serve().catch(() => connection.destroy());
  });
  server.listen(agentPort + BARE_OFFSET, host);
}

export function fetchBare(source: Source, reign: number, signal: AbortSignal): Promise<BackupStream> {
  const [host, port] = source.agent.split(':');
  const headers = { connection: 'upgrade', upgrade: BACKUP_PROTOCOL };
  return new Promise((resolve, reject) => {
    const call = get({ host, port: Number(port) + BARE_OFFSET, path: `/${reign}`, headers, signal, agent: false });
    call.once('error', reject);
    call.once('response', () => reject(new Error('no bare backup')));
    call.once('upgrade', (response, connection, head) => {
      if (head.length > 0) connection.unshift(head);
      resolve({ connection, totalBytes: Number(response.headers['x-holdfast-data-bytes']) });
    });
  });
}
