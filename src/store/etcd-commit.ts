/** One placement's compare-and-set, and how an author finds out what became of it when the answer was lost. */
import type { IRequestOp } from 'etcd3';
import { newId } from '../platform/random.ts';
import { assertChange } from './changes.ts';
import { getOp, hasValue, parseValue, putOp, readKey } from './etcd-ops.ts';
import * as keys from './keys.ts';
import type { Members } from './member.ts';
import { type CommitOutcome, type PlacementChange, StoreUnavailable } from './store.ts';

/** How many later epochs are looked through for one's own before the outcome is called unknown. */
const MOST_STEPS_BACK = 16;

/** Writes the change if the site's epoch is still the expected one. Throws StoreUnavailable when the outcome stays unknown. */
export async function commitChange(members: Members, change: PlacementChange): Promise<CommitOutcome> {
  assertChange(change);
  const commit = newId();
  const { site } = change.next;
  const { value, resent } = await members.ask(`committing ${site}`, 'write', (member, timeoutMs) =>
    member.txn(
      {
        compare: [hasValue(keys.epochKey(site), String(change.expected))],
        success: writesOf(change, commit),
        failure: [getOp(keys.placementKey(site))],
      },
      timeoutMs,
    ),
  );
  if (value.succeeded) return { outcome: 'committed' };
  if (!resent) return { outcome: 'beaten' };
  // A comparison that failed after an unanswered sending may have failed because of that sending's own success.
  const kv = value.responses[0]?.response_range.kvs[0];
  if (kv === undefined) return { outcome: 'beaten' };
  const author = await authorOf(
    members,
    site,
    change.next.epoch,
    kv.mod_revision,
    parseValue<keys.StoredPlacement>(kv),
  );
  return { outcome: author === commit ? 'committed' : 'beaten' };
}

function writesOf({ next, incident }: PlacementChange, commit: string): IRequestOp[] {
  const stored: keys.StoredPlacement = { commit, placement: next };
  const writes = [
    putOp(keys.epochKey(next.site), String(next.epoch)),
    putOp(keys.placementKey(next.site), stored),
    putOp(keys.MARK, ''),
  ];
  if (incident === null) return writes;
  const key = keys.incidentEntriesKey(incident.id, keys.changeEntriesKey(next.site, next.epoch));
  return [
    ...writes,
    putOp(key, { by: commit, entries: incident.entries }),
    putOp(keys.incidentIndexKey(incident.id), ''),
  ];
}

/** The name of the commit that made `epoch`, walking back from a later state through etcd's history. */
async function authorOf(
  members: Members,
  site: string,
  epoch: number,
  modRevision: string,
  stored: keys.StoredPlacement,
): Promise<string> {
  let at = stored;
  let revision = modRevision;
  for (let step = 0; step < MOST_STEPS_BACK && at.placement.epoch > epoch; step += 1) {
    const before = await readKey(members, keys.placementKey(site), String(BigInt(revision) - 1n)).catch((cause) => {
      throw new StoreUnavailable(`whether epoch ${epoch} of ${site} is one's own is not known any more`, cause);
    });
    if (before === undefined) break;
    at = parseValue<keys.StoredPlacement>(before);
    revision = before.mod_revision;
  }
  if (at.placement.epoch > epoch)
    throw new StoreUnavailable(`whether epoch ${epoch} of ${site} is one's own is not known any more`);
  return at.placement.epoch === epoch ? at.commit : '';
}
