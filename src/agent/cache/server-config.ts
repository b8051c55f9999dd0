/** What a copy's redis-server is told: keep nothing on disk, stay within its memory, and let the application do what a cache is for. */

export interface ServerConfig {
  /** The server's own folder. */
  folder: string;
  socket: string;
  /** Port on the loopback address; null: the socket alone. */
  port: number | null;
  mostMb: number;
}

/** All that a cache needs. What administers, blocks or copies a server away is refused (`NOPERM`); emptying and looking around is not. */
const ALLOWED = '~* &* +@all -@admin -@dangerous +info +flushall +flushdb +keys +sort';

/** The text of the file. It holds no secret: the socket's own permissions say who may come in. */
export function toServerConfig({ folder, socket, port, mostMb }: ServerConfig): string {
  return `${[
    'daemonize no',
    'supervised no',
    'loglevel warning',
    `dir ${quoted(folder)}`,
    `unixsocket ${quoted(socket)}`,
    'unixsocketperm 770',
    `port ${port ?? 0}`,
    'bind 127.0.0.1',
    'protected-mode yes',
    'timeout 0',
    'save ""',
    'appendonly no',
    `maxmemory ${mostMb}mb`,
    'maxmemory-policy allkeys-lru',
    'lazyfree-lazy-eviction yes',
    'lazyfree-lazy-user-flush yes',
    `user default on nopass sanitize-payload ${ALLOWED}`,
  ].join('\n')}\n`;
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
