/** What the rules that people use have in common: one watcher sees the servers of one pool, and says which of them to leave. */

/** What a watcher could have seen before it is asked: rates by server (zone number), for rules that look hours back. */
export interface Past {
  /** Requests a second of each server. */
  rates: number[];
  /** Share of them that failed. */
  errors: number[];
}

/** Times are ms of one clock; servers are zone numbers. Every answer is whether this server is to be left now. */
export interface Watcher {
  /** A visitor's request to that server ended. */
  request?(at: number, server: number, ok: boolean): boolean;
  /** A check of the rule's own ended. */
  checked?(at: number, server: number, ok: boolean): boolean;
  heartbeat?(at: number, server: number): void;
  /** Called every `turnEveryMs`; answers the server to be left, or null. */
  turn?(at: number): number | null;
}

export interface Rule {
  name: string;
  /** Settings, in the words of the program's own documentation. */
  settings: string;
  /**
   * Whom one watcher watches: the copies of one site as one edge sees them (a backend or cluster of its own, as these programs
   * are configured), all of a zone's sites as one edge sees them, or the zones' heartbeats as one controller hears them.
   */
  scope: 'site-at-edge' | 'zone-at-edge' | 'zone-at-controller';
  /** Checks of its own; each lasts `timeoutMs` at most. */
  check: { everyMs: number; timeoutMs: number } | null;
  turnEveryMs: number | null;
  create(start: number, past: Past): Watcher;
}
