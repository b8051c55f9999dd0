/** The same backup without encryption, to see what encryption costs. Only for measuring: nothing in `src/` speaks it. */
import { createServer, get } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Database, Source } from '../../src/agent/mariadb/goal.ts';
import type { BackupStream } from '../../src/agent/mariadb/options.ts';

/** The bare listener's port, counted from the agent's. */
const BARE_OFFSET = 1;

export function serveBare(host: string, agentPort: number, database: Database): void {
  createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const serve = async () => {
      const backup = await database.backup(gone.signal, Number(request.url!.slice(1)));
      response.writeHead(200, { 'x-holdfast-data-bytes': String(await database.dataBytes()) });
      await pipeline(backup.stream, response);
    };
    serve().catch(() => response.destroy());
  }).listen(agentPort + BARE_OFFSET, host);
}

export function fetchBare(source: Source, reign: number, signal: AbortSignal): Promise<BackupStream> {
  const [host, port] = source.agent.split(':');
  return new Promise((resolve, reject) => {
    const call = get(
      { host: host!, port: Number(port) + BARE_OFFSET, path: `/${reign}`, signal, agent: false },
      (response) => {
        resolve({ stream: response, totalBytes: Number(response.headers['x-holdfast-data-bytes']) });
      },
    );
    call.once('error', reject);
  });
}
