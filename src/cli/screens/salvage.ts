/** What was set aside, for people: the list, and one folder. */
import type { Kept } from '../../agent/mariadb/salvage/desk.ts';
import { dateTime, table } from './words.ts';

export function salvageListScreen(kept: Kept[], silent: { zone: string; why: string }[]): string {
  const rows = kept.map((one) => [
    one.id,
    one.zone,
    transactionsOf(one),
    one.manifest === null ? '' : size(one.manifest.bytes),
    `kept since ${dateTime(one.keptSince)}`,
    deletedOf(one),
  ]);
  const lines = kept.length === 0 ? ['Nothing is set aside.'] : [table(rows)];
  return [...lines, ...silent.map(({ zone, why }) => `Zone ${zone} could not be asked: ${why}`)].join('\n');
}

export function salvageFolderScreen(one: Kept): string {
  const { manifest } = one;
  const lines = [
    one.id,
    `  in       ${one.folder}, zone ${one.zone}`,
    `  because  ${one.because ?? 'not noted'}`,
    `  since    ${dateTime(one.keptSince)}${deletedOf(one) === '' ? '' : `, ${deletedOf(one)}`}`,
    `  holds    ${transactionsOf(one)}${manifest === null ? '' : `; ${size(manifest.bytes)} in all`}`,
  ];
  if (manifest?.trouble) lines.push(`           ${manifest.trouble}`);
  if (manifest !== null && manifest.from !== null) {
    lines.push(
      `  from     ${manifest.from}, ${dateTime(manifest.firstAt ?? 0)}`,
      `  to       ${manifest.to}, ${dateTime(manifest.lastAt ?? 0)}`,
    );
  }
  const rows = Object.entries(manifest?.tables ?? {}).map(([name, { inserted, updated, deleted }]) => [
    name,
    `${inserted} inserted`,
    `${updated} updated`,
    `${deleted} deleted`,
  ]);
  if (rows.length > 0) lines.push('', table(rows, '  '));
  if (one.sqlBytes !== null) lines.push('', `  as SQL: holdfast salvage show ${one.id} --sql`);
  return lines.join('\n');
}

function transactionsOf({ manifest }: Kept): string {
  if (manifest === null) return 'is being looked through';
  return manifest.transactions === null
    ? 'what only it has is not known'
    : `${manifest.transactions} transactions that only it has`;
}

function deletedOf({ manifest }: Kept): string {
  return manifest?.deletedAt ? `deleted on ${dateTime(manifest.deletedAt)} at the earliest` : '';
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
