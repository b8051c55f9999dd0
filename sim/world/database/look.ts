/** What the agent's sampler sees of a simulated server, without the statements in between. */
import type { Sample } from '../../../src/agent/mariadb/sampler.ts';
import { receivedPosition } from './replica.ts';
import type { Server } from './server.ts';

const MOST_CONNECTIONS = 151;

export function look(server: Server, at: number): Sample {
  const { replica, dir } = server;
  const { source } = replica;
  return {
    at,
    writable: !server.readOnly,
    waiting: server.waiting,
    waitingConfirmed: server.waiting,
    syncReplica: server.acknowledging,
    syncReplicaConnected: server.acknowledging && replica.io === 'yes' && (replica.feed?.acknowledges ?? false),
    binlogPosition: server.binlogPosition(),
    appliedPosition: dir.slavePosition,
    receivedPosition: source === null ? '' : receivedPosition(server),
    follows: source === null ? null : { host: source.host, port: source.port, user: source.user },
    io: replica.io,
    sqlRunning: source !== null && replica.sqlRunning,
    ioErrno: replica.ioErrno,
    ioError: replica.ioError,
    sqlErrno: replica.sqlErrno,
    sqlError: replica.sqlError,
    acknowledgers: [...server.feeds].flatMap((feed) =>
      feed.replica.replica.source?.user.startsWith('holdfast_sync_') ? [{ zone: feed.replica.zone, close: true }] : [],
    ),
    backlogBytes: replica.relay.length * 500,
    open: [],
    everHeard: replica.everHeard,
    heard: String(replica.heard),
    connections: { used: server.sessions.size + server.feeds.size + server.waitingCommits(), most: MOST_CONNECTIONS },
  };
}
