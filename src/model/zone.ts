/** What a zone's own programs write about themselves into the store, so that the others find them. */
import type { EdgeId, WallMs, ZoneId } from './ids.ts';

export interface ZoneRecord {
  zone: ZoneId;
  /** `host:port` of the agent's HTTP listener; null until an agent has registered. */
  agent: string | null;
  /** `host:port` of the controller's HTTP and WebSocket listener; null until a controller has registered. */
  controller: string | null;
  /** Address that the zone's copies listen on. */
  host: string | null;
  /** First port of the zone's copies; see `portsOf`. */
  portBase: number | null;
  /** A person has taken every site out of it: it gets no live copy, and a standby only where there is no other, until it is given back. Null: in use. */
  evacuated: { at: WallMs; by: string; why: string } | null;
}

export interface EdgeRecord {
  edge: EdgeId;
  /** `host:port` of the edge's control listener (status), reachable from the zones. */
  control: string;
  /** Where visitors reach it. */
  visitors: string;
}

/** Ports of one copy, derived from the zone's `portBase` and the site's `slot`, so that nobody has to be asked. */
export interface CopyPorts {
  database: number;
  application: number;
  /** The object cache, for sites that have one. */
  cache: number;
}

const PORTS_PER_SITE = 4;

export function portsOf(portBase: number, slot: number): CopyPorts {
  const first = portBase + slot * PORTS_PER_SITE;
  return { database: first, application: first + 1, cache: first + 2 };
}
