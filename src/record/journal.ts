/**
 * Where what happened in a planned move can be read. It is no incident: nothing was wrong. It has a record like one all the same, whose
 * name follows from the placement alone, so that every controller writes to the same one and nobody has to remember it.
 */
import type { Decision } from '../decide/index.ts';
import {
  type DrillResult,
  type Epoch,
  type IncidentEntry,
  type Opening,
  type OrderKind,
  type Placement,
  phaseOf,
  runsAlone,
  type SiteId,
  type WallMs,
  type ZoneId,
} from '../model/index.ts';
import type { Assigned } from './assign.ts';
import { type Author, decisionEntries } from './entries.ts';

export type JournalNaming = (openedAt: WallMs, subject: string) => string;

const PLANNED = /^(move|evacuate|return|drill):/;

/** Is this record's subject a planned move's? Else it is an incident's. */
export function isPlanned(subject: string): boolean {
  return PLANNED.test(subject);
}

/** The record that the site's planned move is written to, from the order until the site is protected again, or alone again; null: there is none. */
export function journalOf(placement: Placement, naming: JournalNaming): string | null {
  const { site, order, drill, live, moves } = placement;
  if (drill !== null) return naming(drill.startedAt, `drill:${site}`);
  if (order !== null) return naming(order.at, subjectOf(site, order.kind, live, order.to));
  const last = moves.at(-1);
  if (last?.order === undefined) return null;
  const phase = phaseOf(placement);
  if (phase === 'protected' || phase === 'handing-over' || runsAlone(placement)) return null;
  return naming(last.order.at, subjectOf(site, last.order.kind, last.from, last.to));
}

/** Sites that leave a zone together have one record, and so have those that go back to it. */
function subjectOf(site: SiteId, kind: OrderKind, from: ZoneId, to: ZoneId): string {
  if (kind === 'evacuate') return `evacuate:${from}`;
  if (kind === 'return') return `return:${to}`;
  return kind === 'drill' ? `drill:${site}` : `move:${site}`;
}

/** What is committed together; the store's `PlacementChange`. */
export interface RecordedChange {
  expected: Epoch;
  next: Placement;
  incident: { id: string; entries: IncidentEntry[] } | null;
  /** It opens that incident. */
  opens?: Opening;
  journal?: { id: string; entries: IncidentEntry[] };
  /** Of the drill that ends with it. */
  drill?: DrillResult;
}

/** A decision as it is committed: with its entries for the open incident, and for the planned move's record. */
export function toChange(
  decision: Assigned,
  before: Placement | null,
  author: Author,
  naming: JournalNaming,
): RecordedChange {
  const journals = [before === null ? null : journalOf(before, naming), journalOf(decision.next, naming)];
  const journal = journals[0] ?? journals[1] ?? null;
  const next = withRecord(decision, journal);
  const entries = decisionEntries({ ...decision, next }, author);
  const id = next.incident ?? before?.incident ?? null;
  const change: RecordedChange = { expected: next.epoch - 1, next, incident: id === null ? null : { id, entries } };
  if (decision.opens !== undefined) change.opens = decision.opens;
  if (decision.result !== undefined) change.drill = decision.result;
  if (journal === null) return change;
  const over = journals[0] !== null && journals[1] !== journals[0];
  const ending: IncidentEntry = {
    at: author.at,
    kind: 'result',
    by: author.by,
    site: next.site,
    code: 'close-incident',
    sentence: `The planned move of ${next.site} is over: it lives in zone ${next.live}.`,
    evidence: [],
    epoch: next.epoch,
  };
  return { ...change, journal: { id: journal, entries: over ? [...entries, ending] : entries } };
}

/** Where it can be read what was given up, also when no incident is open. */
function withRecord({ code, next }: Decision, journal: string | null): Placement {
  const { acceptedLoss } = next.promotion;
  if (code !== 'accept-loss' || acceptedLoss === null || acceptedLoss.incident !== null) return next;
  return { ...next, promotion: { ...next.promotion, acceptedLoss: { ...acceptedLoss, incident: journal } } };
}
