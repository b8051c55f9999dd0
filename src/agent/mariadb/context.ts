/** What every action of execute.ts is handed. */
import type { DatabaseReport } from '../../model/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DatabaseGoal } from './goal.ts';
import type { Memory } from './memory.ts';
import type { DatabaseOptions, Paths } from './options.ts';
import type { Server } from './server.ts';
import type { Session, SessionTarget } from './session.ts';

export interface BuildProgress {
  from: string;
  receivedBytes: number;
  totalBytes: number | null;
  startedAt: number;
  bytesPerSecond: number | null;
  stage: NonNullable<DatabaseReport['build']>['stage'];
  attempts: number;
  throttled: boolean;
}

/** What actions touch besides the connection to the own server; the simulator has its own. */
export interface Outside {
  /** Ends the own server at once (SIGKILL) and forgets what was so while it ran; answers with a sentence. */
  endServer(context: Context): Promise<string>;
  /** Destroys every connection of this zone to that server. */
  breakConnections(peer: { host: string; port: number }): Promise<void>;
  /** Where the backup stands that this data directory was made from; '' when it was not made from one. */
  backupPosition(data: string): Promise<string>;
  /** Keeps the relay logs as they are now, to be replayed: both replication threads are to be stopped. */
  keepReceived(): Promise<void>;
  /** Applies what is kept; rejects when that cannot be done. */
  replayReceived(context: Context, goal: LiveGoal | ReplicaGoal): Promise<string>;
  /** A connection to another copy's server. */
  openSession(target: SessionTarget): Session;
}

export interface Context {
  options: DatabaseOptions;
  paths: Paths;
  clock: Clock;
  log: Log;
  server: Server;
  /** Connection of the actions, kept open; the sampler has another. */
  admin: Session;
  memory: Memory;
  outside: Outside;
  /** Aborted when the goal has become one that this action does not serve. */
  signal: AbortSignal;
  /** True while this very goal is still the newest and confirmed: asked right before every step that cannot be taken back. */
  current(): boolean;
  /** Shown as the copy's trouble while the action runs. */
  say(sentence: string | null): void;
  setBuild(progress: BuildProgress | null): void;
  /** The server has answered this action, however late its looks come back: it begins anew to count as silent. */
  heardIt(): void;
  /** The data directory has changed hands: look at the disk again. */
  dataChanged(): Promise<void>;
}

export type LiveGoal = Extract<DatabaseGoal, { role: 'live' }>;
export type ReplicaGoal = Extract<DatabaseGoal, { role: 'standby' | 'spare' }>;

/** The action's goal is no longer the newest; nothing is wrong. */
export class Superseded extends Error {
  constructor() {
    super('the goal has changed meanwhile');
    this.name = 'Superseded';
  }
}

export function assertCurrent(context: Context): void {
  if (!context.current()) throw new Superseded();
}
