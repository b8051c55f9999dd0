/** What this copy remembers across the agent's restarts (small files) and what it only knows until then. */
import { rm } from 'node:fs/promises';
import type { Epoch, Gtid, ZoneId } from '../../model/index.ts';
import type { Starts } from './damage.ts';
import { readJson, writeDurably } from './files.ts';
import type { Detour } from './judge.ts';
import type { Paths } from './options.ts';
import { readKept } from './relay/keep.ts';

export interface PromotionRecord {
  epoch: Epoch;
  /** `Gtid_IO_Pos` at the cut; '' for the first reign. */
  position: Gtid;
}

export interface GateRecord {
  standby: ZoneId;
  /** Null from just before waiting begins until the position after it is known. */
  position: Gtid | null;
}

export interface Memory {
  promotion(): PromotionRecord | null;
  savePromotion(record: PromotionRecord): Promise<void>;
  gate(): GateRecord | null;
  saveGate(record: GateRecord | null): Promise<void>;
  created(): boolean;
  saveCreated(): Promise<void>;
  /** What was received before the last start is still to be applied. */
  kept(): boolean;
  /** Looks again whether there is something. */
  refreshKept(): Promise<void>;
  /** The server that runs now holds all that this copy acknowledged before its start. */
  complete(): boolean;
  /** The end of its binlog may be promised to somebody: it follows, or acknowledges without waiting. Not, while its own commits wait. */
  keepsTail(): boolean;
  saveKeepsTail(keepsTail: boolean): Promise<void>;
  saveComplete(complete: boolean): Promise<void>;
  /** Not kept: zone whose acknowledgements are let in; undefined until this agent has seen to it. */
  admitted: ZoneId | null | undefined;
  /** Not kept: how often in a row what is kept could not be applied. */
  replayFailures: number;
  /** Not kept: proof that this data directory's history is not the present one. */
  diverged: string | null;
  /** Not kept: proof that this data directory is of no use to anybody: all of it is in the live copy, which cannot bring it up to date. */
  outdated: string | null;
  /** Not kept: null before this agent's first start, and once the data is another. */
  starts: Starts | null;
  /** Not kept: another copy is followed for a while. */
  detour: Detour | null;
}

export async function openMemory(paths: Paths): Promise<Memory> {
  let promotion = await readJson<PromotionRecord>(paths.promotion);
  let gate = await readJson<GateRecord>(paths.gate);
  let created = (await readJson(paths.created)) !== null;
  let kept = (await readKept(paths)) !== null;
  let keepsTail = (await readJson(paths.keepsTail)) !== null;
  let complete = (await readJson(paths.complete)) !== null;
  return {
    promotion: () => promotion,
    async savePromotion(record) {
      await writeDurably(paths.promotion, JSON.stringify(record));
      promotion = record;
    },
    gate: () => gate,
    async saveGate(record) {
      if (record === null) await rm(paths.gate, { force: true });
      else await writeDurably(paths.gate, JSON.stringify(record));
      gate = record;
    },
    created: () => created,
    async saveCreated() {
      await writeDurably(paths.created, JSON.stringify({ created: true }));
      created = true;
    },
    kept: () => kept,
    async refreshKept() {
      kept = (await readKept(paths)) !== null;
    },
    keepsTail: () => keepsTail,
    async saveKeepsTail(now) {
      if (now) await writeDurably(paths.keepsTail, JSON.stringify({ keepsTail: true }));
      else if (keepsTail) await rm(paths.keepsTail, { force: true });
      keepsTail = now;
    },
    complete: () => complete,
    async saveComplete(now) {
      if (now) await writeDurably(paths.complete, JSON.stringify({ complete: true }));
      else await rm(paths.complete, { force: true });
      complete = now;
    },
    admitted: undefined,
    replayFailures: 0,
    diverged: null,
    outdated: null,
    starts: null,
    detour: null,
  };
}
