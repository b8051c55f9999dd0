/** Turns what the store says into the rows that the data plane routes by; pure. */
import { isIP } from 'node:net';
import {
  type Epoch,
  type Placement,
  phaseOf,
  portsOf,
  type SiteId,
  type SiteRecord,
  type ZoneId,
  type ZoneRecord,
} from '../model/index.ts';

export interface RouteTarget {
  zone: ZoneId;
  /** `ip:port` of the copy's application. */
  address: string;
}

/**
 * `open`: everything is passed on. `shut`: no copy may be written to, the newly live one has not yet said that it is ready for it.
 * `held`: nothing new is passed on at all, since the site is about to be moved; an edge that hears nothing newer lets go after 3 s.
 */
export const GATES = ['open', 'shut', 'held'] as const;
export type Gate = (typeof GATES)[number];

export interface RouteRow {
  site: SiteId;
  epoch: Epoch;
  hosts: string[];
  gate: Gate;
  /** Null: its zone has not told its address yet. */
  live: RouteTarget | null;
  /** The in-sync standby: takes GET and HEAD when the live copy fails. */
  standby: RouteTarget | null;
}

export function toRow(site: SiteRecord, placement: Placement, zones: ReadonlyMap<ZoneId, ZoneRecord>): RouteRow {
  const target = (zone: ZoneId | null) => (zone === null ? null : toTarget(zones.get(zone), site.slot));
  return {
    site: site.spec.site,
    epoch: placement.epoch,
    hosts: site.spec.hosts.map((host) => host.toLowerCase().replace(/:\d+$/, '')),
    gate: gateOf(placement),
    live: target(placement.live),
    standby: placement.inSync ? target(placement.standby) : null,
  };
}

function gateOf(placement: Placement): Gate {
  if (phaseOf(placement) === 'handing-over') return 'held';
  return placement.initialised && placement.promotion.open ? 'open' : 'shut';
}

function toTarget(zone: ZoneRecord | undefined, slot: number): RouteTarget | null {
  if (zone === undefined || zone.host === null || zone.portBase === null) return null;
  const family = isIP(zone.host);
  if (family === 0) return null;
  const { application } = portsOf(zone.portBase, slot);
  return { zone: zone.zone, address: family === 6 ? `[${zone.host}]:${application}` : `${zone.host}:${application}` };
}

/** One line, as lua/routes.lua reads it. */
export function toLine(row: RouteRow): string {
  const target = (to: RouteTarget | null) => [to?.zone ?? '', to?.address ?? ''];
  const fields = [
    row.site,
    String(row.epoch),
    row.gate,
    ...target(row.live),
    ...target(row.standby),
    row.hosts.join(','),
  ];
  if (fields.some((field) => /[\t\n]/.test(field)))
    throw new Error(`a route of ${row.site} contains a tab or a line break`);
  return fields.join('\t');
}

/** The other way; null for a line that is none (a half-written last line, for example). */
export function parseLine(line: string): RouteRow | null {
  const fields = line.split('\t');
  const [site = '', epoch = '', gate = '', liveZone = '', live = '', standbyZone = '', standby = '', hosts = ''] =
    fields;
  if (fields.length !== 8 || site === '' || !/^\d+$/.test(epoch) || !isGate(gate)) return null;
  const target = (zone: string, address: string) => (address === '' ? null : { zone, address });
  return {
    site,
    epoch: Number(epoch),
    hosts: hosts === '' ? [] : hosts.split(','),
    gate,
    live: target(liveZone, live),
    standby: target(standbyZone, standby),
  };
}

function isGate(text: string): text is Gate {
  return (GATES as readonly string[]).includes(text);
}
