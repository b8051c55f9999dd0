/** Placements' compare-and-set, the claim of an incident that they open, and how an author finds out what became of a change when the answer was lost. */
import type { IKeyValue, IRequestOp, ITxnRequest, ITxnResponse } from 'etcd3';
import type { Claim, DrillResult, Opening } from '../model/index.ts';
import { newId } from '../platform/random.ts';
import type { Members } from './ask.ts';
import { assertChanges, withDrill } from './changes.ts';
import { getOp, hasValue, isAbsent, parseValue, putOp, readKey } from './etcd-ops.ts';
import * as keys from './keys.ts';
import { type CommitOutcome, type PlacementChange, StoreUnavailable } from './store.ts';

/** Changes that travel in one transaction, each with its own comparison. etcd allows 128 operations in one by default. */
const CHANGES_PER_TRANSACTION = 40;
/** Transactions of one commit that are on their way at the same time; of each incident that is opened as many. */
const TRANSACTIONS_IN_FLIGHT = 4;
/** How many later epochs are looked through for one's own before the outcome is called unknown. */
const MOST_STEPS_BACK = 16;

/** A change on its way, with a name for this very commit of it, by which its author recognises it in the store. */
interface Named {
  change: PlacementChange;
  commit: string;
  index: number;
  /** With the one that this change adds; null: it adds none. */
  drills: DrillResult[] | null;
}

/** What becomes of the changes of one call. Once something has failed nothing more is begun. */
interface Progress {
  /** By the changes' indices; beaten until the store says otherwise. */
  outcomes: CommitOutcome[];
  failure: unknown;
}

/**
 * Writes each change whose site is still at the expected epoch; those that open an incident only if nobody has opened another about its
 * subject. The outcomes are in the order of the changes. Throws StoreUnavailable when the outcome of any of them stays unknown; the others
 * may have been committed all the same.
 */
export async function commitChanges(members: Members, changes: PlacementChange[]): Promise<CommitOutcome[]> {
  assertChanges(changes);
  const named: Named[] = [];
  for (const [index, change] of changes.entries())
    named.push({ change, commit: newId(), index, drills: await drillsWith(members, change) });
  const progress: Progress = { outcomes: changes.map(() => ({ outcome: 'beaten' })), failure: null };
  const bySubject = Map.groupBy(named, ({ change }) => change.opens?.subject);
  await Promise.all(
    [...bySubject].map(([subject, some]) =>
      subject === undefined
        ? commitGroups(members, groupsOf(some), progress)
        : openIncident(members, groupsOf(some), progress),
    ),
  );
  if (progress.failure !== null) throw progress.failure;
  return progress.outcomes;
}

/** The first group claims the subject; when somebody else has, all of them are beaten. What does not fit into it follows once it is claimed. */
async function openIncident(members: Members, [first, ...rest]: Named[][], progress: Progress): Promise<void> {
  const { opens, next } = first![0]!.change;
  const claim = { ...opens!, incident: next.incident! };
  if (await commitGroup(members, first!, progress, claim)) await commitGroups(members, rest, progress);
}

async function commitGroups(members: Members, groups: Named[][], progress: Progress): Promise<void> {
  const work = async () => {
    for (let group = groups.shift(); group !== undefined && progress.failure === null; group = groups.shift())
      await commitGroup(members, group, progress, null);
  };
  await Promise.all(Array.from({ length: TRANSACTIONS_IN_FLIGHT }, work));
}

/**
 * Read before the transaction, and right all the same: results are only ever written together with a placement, so that whoever adds one
 * after this reading makes the expected epoch wrong.
 */
async function drillsWith(members: Members, { drill, next }: PlacementChange): Promise<DrillResult[] | null> {
  if (drill === undefined) return null;
  const kv = await readKey(members, keys.drillsKey(next.site));
  return withDrill(kv === undefined ? [] : parseValue<DrillResult[]>(kv), drill);
}

/** No site twice in a group: one transaction may write a key only once. */
function groupsOf(named: Named[]): Named[][] {
  const groups: Named[][] = [];
  let group: Named[] = [];
  let sites = new Set<string>();
  for (const one of named) {
    const { site } = one.change.next;
    if (group.length === CHANGES_PER_TRANSACTION || sites.has(site)) {
      groups.push(group);
      group = [];
      sites = new Set();
    }
    group.push(one);
    sites.add(site);
  }
  return group.length === 0 ? groups : [...groups, group];
}

/** False: nothing of it was written because the subject was claimed by somebody else, or it is not known what became of it. */
async function commitGroup(
  members: Members,
  group: Named[],
  progress: Progress,
  claim: (Opening & Claim) | null,
): Promise<boolean> {
  const what =
    group.length === 1 ? `committing ${group[0]!.change.next.site}` : `committing ${group.length} placements`;
  const request = claim === null ? { success: writesOf(group) } : claiming(claim, group);
  try {
    const { value, resent } = await members.write(what, (member, timeoutMs) => member.txn(request, timeoutMs));
    const answers = group.map((_, index) => answerOf(value, index));
    const found = await Promise.all(group.map((one, index) => outcomeOf(members, one, answers[index]!, resent)));
    for (const [position, outcome] of found.entries()) progress.outcomes[group[position]!.index] = outcome;
    return value.succeeded || found.some(({ outcome }) => outcome === 'committed');
  } catch (error) {
    progress.failure ??= error;
    return false;
  }
}

function writesOf(group: Named[]): IRequestOp[] {
  return [...group.map(toTransaction), ...sharedWrites(group)];
}

/**
 * The claim is written last, so that no watcher hears of it before the placements. It is taken even when all changes are beaten: an incident
 * that nobody is in is no longer open, and the next one replaces it.
 */
function claiming({ subject, after, incident }: Opening & Claim, group: Named[]): ITxnRequest {
  const key = keys.claimKey(subject);
  return {
    compare: [after === null ? isAbsent(key) : hasValue(key, after)],
    success: [...writesOf(group), putOp(key, incident)],
    // An author whose first sending was not answered finds its own claim: these tell what became of each change.
    failure: group.map(({ change }) => getOp(keys.placementKey(change.next.site))),
  };
}

/** How the change at this place of its group fared: inside the claim's branch, or outside of it. */
function answerOf({ succeeded, responses }: ITxnResponse, index: number): Answered {
  const response = responses[index]!;
  if (!succeeded) return { written: false, found: response.response_range.kvs[0] };
  const { succeeded: written, responses: inner } = response.response_txn;
  return { written, found: written ? undefined : inner[0]?.response_range.kvs[0] };
}

/** Compares and writes one change inside its group's transaction. */
function toTransaction({ change: { expected, next, incident, journal }, commit, drills }: Named): IRequestOp {
  const stored: keys.StoredPlacement = { commit, placement: next };
  const writes = [putOp(keys.epochKey(next.site), String(next.epoch)), putOp(keys.placementKey(next.site), stored)];
  if (drills !== null) writes.push(putOp(keys.drillsKey(next.site), drills));
  for (const chain of [incident, journal]) {
    if (!chain) continue;
    const key = keys.incidentEntriesKey(chain.id, keys.changeEntriesKey(next.site, next.epoch));
    writes.push(putOp(key, { by: commit, entries: chain.entries }));
  }
  return {
    request_txn: {
      compare: [hasValue(keys.epochKey(next.site), String(expected))],
      success: writes,
      failure: [getOp(keys.placementKey(next.site))],
    },
  };
}

/** What every change of a group writes alike, once: harmless when all of them are beaten. */
function sharedWrites(group: Named[]): IRequestOp[] {
  const incidents = new Set(
    group.flatMap(({ change: { incident, journal } }) => [incident?.id, journal?.id]).filter((id) => id !== undefined),
  );
  return [putOp(keys.MARK, ''), ...[...incidents].map((id) => putOp(keys.incidentIndexKey(id), ''))];
}

interface Answered {
  written: boolean;
  /** The placement that stands in the way. */
  found: IKeyValue | undefined;
}

async function outcomeOf(
  members: Members,
  { change: { next }, commit }: Named,
  { written, found }: Answered,
  resent: boolean,
): Promise<CommitOutcome> {
  if (written) return { outcome: 'committed' };
  // A comparison that failed after an unanswered sending may have failed because of that sending's own success.
  if (!resent || found === undefined) return { outcome: 'beaten' };
  return { outcome: (await authorOf(members, next.epoch, found)) === commit ? 'committed' : 'beaten' };
}

/** The name of the commit that made `epoch`, walking back through etcd's history from a later state; '' when nobody made it. */
async function authorOf(members: Members, epoch: number, latest: IKeyValue): Promise<string> {
  let kv = latest;
  for (let step = 0; step <= MOST_STEPS_BACK; step += 1) {
    const { commit, placement } = parseValue<keys.StoredPlacement>(kv);
    if (placement.epoch <= epoch) return placement.epoch === epoch ? commit : '';
    const before = await readKey(members, kv.key.toString(), String(BigInt(kv.mod_revision) - 1n)).catch(
      () => undefined,
    );
    if (before === undefined) break;
    kv = before;
  }
  throw new StoreUnavailable(`whether one's own change made epoch ${epoch} is not known any more`);
}
