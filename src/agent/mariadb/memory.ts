/** What this copy remembers across the agent's restarts (small files) and what it only knows until then. */
import { rm } from 'node:fs/promises';
import type { Epoch, Gtid, ZoneId } from '../../model/index.ts';
import { readJson, writeDurably } from './files.ts';
import type { Paths } from './options.ts';

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
  /** Not kept: zone whose acknowledgements are let in; undefined until this agent has seen to it. */
  admitted: ZoneId | null | undefined;
  /** Not kept: proof that this data directory's history is not the present one. */
  diverged: string | null;
}

export async function openMemory(paths: Paths): Promise<Memory> {
  let promotion = await readJson<PromotionRecord>(paths.promotion);
  let gate = await readJson<GateRecord>(paths.gate);
  let created = (await readJson(paths.created)) !== null;
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
    admitted: undefined,
    diverged: null,
  };
}
