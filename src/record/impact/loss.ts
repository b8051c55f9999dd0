/** What of acknowledged transactions an incident cost a site. Pure. */
import type { Impact, SalvageReport, WallMs, ZoneId } from '../../model/index.ts';

/**
 * `acceptedAt`: when a person gave up what only the lost copy had; null: nobody did, and then nothing is lost, since only a copy that has
 * every acknowledged write is promoted. `salvage`: what was set aside of this site since then. What only the former copy had need not have been acknowledged:
 * the number is the most.
 */
export function lossOf(
  acceptedAt: WallMs | null,
  salvage: readonly { zone: ZoneId; kept: SalvageReport }[],
): Pick<Impact, 'transactionsLost' | 'lostIn'> {
  if (acceptedAt === null) return { transactionsLost: 0, lostIn: [] };
  const since = salvage.filter(({ kept }) => kept.keptSince >= acceptedAt);
  const known = since.flatMap(({ kept }) => kept.transactions ?? []);
  const all = known.length === since.length && since.length > 0;
  return {
    transactionsLost: all ? known.reduce((sum, count) => sum + count, 0) : null,
    lostIn: since.map(({ zone, kept }) => ({ zone, transactions: kept.transactions, folder: kept.folder })),
  };
}
