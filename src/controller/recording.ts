/**
 * What this controller sees and decides, as lines of a file of observations: the last half minute in memory, and from there, or
 * from now on, to whoever reads along. Nothing is put into words until somebody reads.
 */
import { findingSentence, type Usual } from '../detect/index.ts';
import {
  type DetectorSettings,
  type MonoMs,
  type Placement,
  type ServiceSpec,
  type SiteId,
  type SiteRecord,
  whyUnprotected,
  type ZoneId,
} from '../model/index.ts';
import type { Clock } from '../platform/clock.ts';
import { createChanges } from '../record/observations/changes.ts';
import { FORMAT, type Header, VERSION } from '../record/observations/lines.ts';
import type { LoopWatcher } from './loop.ts';
import { type Content, createStretch, type Entry, type Limits, type Sink, type Stretch } from './stretch.ts';

/** So much is kept from before: an incident's beginning lies before the moment it is recognised. */
export const KEEP_MS = 30_000;
export const KEEP_BYTES = 64 * 1024 * 1024;

export interface RecordingOptions {
  zone: ZoneId;
  clock: Clock;
  settings: DetectorSettings;
  sites: ReadonlyMap<SiteId, SiteRecord>;
  placements: ReadonlyMap<SiteId, Placement>;
  /** What is sold now; left out: nobody has said. */
  service?: () => Pick<ServiceSpec, 'plans'> | null;
  /** What the detector has learnt so far. */
  usual: () => Usual[];
  keepMs?: number;
  keepBytes?: number;
}

export interface Reading {
  sink: Sink;
  limits: Limits;
  /** The reader broke off, or could not write. */
  onTrouble(error: unknown): void;
}

export interface Recording extends LoopWatcher {
  /** These sites' records or placements may have changed in the maps. */
  changed(sites: Iterable<SiteId>): void;
  /** From now on, beginning with the sites and placements as they are. */
  fromNow(reading: Reading): Stretch;
  /** From as long ago as is kept. `incident` goes into the header. */
  fromBefore(incident: string, reading: Reading): Stretch;
  /** What is kept now, and how many lines had to go before their time for want of room. */
  kept(): { lines: number; bytes: number; forMs: number; droppedEarly: number };
}

/** What a line holds beside its text, and the guess for what is not text yet. */
const LINE_BYTES = 64;
const OBJECT_BYTES = 600;

export function createRecording({ clock, zone, settings, ...options }: RecordingOptions): Recording {
  const changes = createChanges(findingSentence);
  const ring = createRing(options.keepMs ?? KEEP_MS, options.keepBytes ?? KEEP_BYTES);
  /** The newest that was told of each site. */
  const newest = createKnown();
  const stretches = new Set<Stretch>();

  const add = (at: MonoMs, content: Content, bytes = OBJECT_BYTES): void => {
    const entry: Entry = { at, bytes, content };
    ring.add(entry);
    for (const stretch of stretches) stretch.add(entry);
  };

  const asOf = (at: MonoMs, contents: Content[]): Entry[] =>
    contents.map((content) => ({ at, bytes: OBJECT_BYTES, content }));
  const usual = (): Content[] => options.usual().map((each) => ({ kind: 'usual', usual: each }));

  const begin = (
    base: MonoMs,
    incident: string | null,
    first: Entry[],
    { sink, limits, onTrouble }: Reading,
  ): Stretch => {
    const header: Header = {
      kind: 'header',
      format: FORMAT,
      version: VERSION,
      controller: zone,
      startedAt: Math.round(clock.wall() - (clock.mono() - base)),
      settings: { falseAlarmsPerYear: settings.falseAlarmsPerYear },
      turns: 'recorded',
      incident,
    };
    const onEnd = () => stretches.delete(stretch);
    const stretch: Stretch = createStretch({ header, base, first, sink, limits, clock, onEnd, onTrouble });
    stretches.add(stretch);
    return stretch;
  };

  return {
    heard(text, now) {
      const broken = text.includes('\n') || text.includes('\r');
      const oneLine = broken ? JSON.stringify(JSON.parse(text)) : text;
      add(now, { kind: 'report', text: oneLine }, oneLine.length + LINE_BYTES);
    },
    turned(turn, now, wall) {
      if (turn.stalledMs !== null) {
        const stall = { kind: 'stall', forMs: Math.round(turn.stalledMs) } as const;
        add(now, { kind: 'change', change: stall });
      }
      add(now, { kind: 'turn', wall }, LINE_BYTES);
      for (const change of changes.of(turn, now)) add(now, { kind: 'change', change });
    },
    committed({ code, next }, outcome, now) {
      const commit = { kind: 'commit', site: next.site, code, epoch: next.epoch, outcome } as const;
      add(now, { kind: 'change', change: commit });
    },
    changed(concerned) {
      for (const id of concerned) {
        const site = options.sites.get(id);
        const placement = options.placements.get(id);
        const plans = options.service?.()?.plans ?? null;
        const unprotected = site === undefined ? null : whyUnprotected(site.spec, plans);
        for (const content of newest.news(site, unprotected, placement)) add(clock.mono(), content);
      }
    },
    fromNow(reading) {
      const base = clock.mono();
      const standing = changes.standing().map((change): Content => ({ kind: 'change', change }));
      return begin(base, null, asOf(base, [...newest.contents(), ...usual(), ...standing]), reading);
    },
    fromBefore(incident, reading) {
      const { since, before, entries } = ring.all(clock.mono());
      return begin(since, incident, [...asOf(since, [...before, ...usual()]), ...entries], reading);
    },
    kept: () => ring.figures(clock.mono()),
  };
}

/** The newest record and placement of every site, by reference. */
function createKnown() {
  const sites = new Map<SiteId, Extract<Content, { kind: 'site' }>>();
  const placements = new Map<SiteId, Placement>();
  return {
    take(content: Content): void {
      if (content.kind === 'site') sites.set(content.site.spec.site, content);
      if (content.kind === 'placement') placements.set(content.placement.site, content.placement);
    },
    /** What of these is not known yet; known from now on. */
    news(site: SiteRecord | undefined, unprotected: string | null, placement: Placement | undefined): Content[] {
      const news: Content[] = [];
      const known = site === undefined ? undefined : sites.get(site.spec.site);
      if (site !== undefined && (known?.site !== site || known.unprotected !== unprotected))
        news.push({ kind: 'site', site, unprotected });
      if (placement !== undefined && placements.get(placement.site) !== placement)
        news.push({ kind: 'placement', placement });
      for (const content of news) this.take(content);
      return news;
    },
    contents: (): Content[] => [
      ...sites.values(),
      ...[...placements.values()].map((placement): Content => ({ kind: 'placement', placement })),
    ],
  };
}

/** The newest lines, and what was known of the sites before the oldest of them. */
function createRing(keepMs: number, keepBytes: number) {
  const before = createKnown();
  let entries: (Entry | undefined)[] = [];
  let first = 0;
  let bytes = 0;
  let droppedEarly = 0;

  const dropOldest = (): void => {
    const oldest = entries[first]!;
    entries[first] = undefined;
    first += 1;
    bytes -= oldest.bytes;
    before.take(oldest.content);
  };
  return {
    add(entry: Entry): void {
      entries.push(entry);
      bytes += entry.bytes;
      while (entry.at - entries[first]!.at > keepMs) dropOldest();
      for (; bytes > keepBytes && first < entries.length; droppedEarly += 1) dropOldest();
      if (first < 1_000 && first * 2 < entries.length) return;
      entries = entries.slice(first);
      first = 0;
    },
    all: (now: MonoMs) => ({
      since: entries[first]?.at ?? now,
      before: before.contents(),
      entries: entries.slice(first) as Entry[],
    }),
    figures: (now: MonoMs) => ({
      lines: entries.length - first,
      bytes,
      forMs: now - (entries[first]?.at ?? now),
      droppedEarly,
    }),
  };
}
