/** Placements' compare-and-set, and how an author finds out what became of a change when the answer was lost. */
import type { IKeyValue, IRequestOp, ITxnResponse } from 'etcd3';
import type { DrillResult } from '../model/index.ts';
import { newId } from '../platform/random.ts';
import type { Members } from './ask.ts';
import { assertChange, withDrill } from './changes.ts';
import { getOp, hasValue, parseValue, putOp, readKey } from './etcd-ops.ts';
import * as keys from './keys.ts';
import { type CommitOutcome, type PlacementChange, StoreUnavailable } from './store.ts';

/** Changes that travel in one transaction, each with its own comparison. etcd allows 128 operations in one by default. */
const CHANGES_PER_TRANSACTION = 40;
/** Transactions of one commit that are on their way at the same time. */
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

/**
 * Writes each change whose site is still at the expected epoch. The outcomes are in the order of the changes. Throws
 * StoreUnavailable when the outcome of any of them stays unknown; the others may have been committed all the same.
 */
export async function commitChanges(members: Members, changes: PlacementChange[]): Promise<CommitOutcome[]> {
  for (const change of changes) assertChange(change);
  const named: Named[] = [];
  for (const [index, change] of changes.entries())
    named.push({ change, commit: newId(), index, drills: await drillsWith(members, change) });
  const groups = groupsOf(named);
  const outcomes: CommitOutcome[] = [];
  let failure: unknown = null;
  const work = async () => {
    for (let group = groups.shift(); group !== undefined && failure === null; group = groups.shift()) {
      try {
        const found = await commitGroup(members, group);
        for (const [position, outcome] of found.entries()) outcomes[group[position]!.index] = outcome;
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: TRANSACTIONS_IN_FLIGHT }, work));
  if (failure !== null) throw failure;
  return outcomes;
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

async function commitGroup(members: Members, group: Named[]): Promise<CommitOutcome[]> {
  const what =
    group.length === 1 ? `committing ${group[0]!.change.next.site}` : `committing ${group.length} placements`;
  const request = { success: [...group.map(toTransaction), ...sharedWrites(group)] };
  const { value, resent } = await members.write(what, (member, timeoutMs) => member.txn(request, timeoutMs));
  return Promise.all(group.map((one, index) => outcomeOf(members, one, value.responses[index]!.response_txn, resent)));
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

async function outcomeOf(
  members: Members,
  { change: { next }, commit }: Named,
  { succeeded, responses }: ITxnResponse,
  resent: boolean,
): Promise<CommitOutcome> {
  if (succeeded) return { outcome: 'committed' };
  // A comparison that failed after an unanswered sending may have failed because of that sending's own success.
  const kv = responses[0]?.response_range.kvs[0];
  if (!resent || kv === undefined) return { outcome: 'beaten' };
  return { outcome: (await authorOf(members, next.epoch, kv)) === commit ? 'committed' : 'beaten' };
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
