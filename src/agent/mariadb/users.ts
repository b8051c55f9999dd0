/**
 * The database accounts of a site. Who replicates with acknowledgements logs in under an account of its own (`sync`), one a
 * zone: so the live server can tell whose acknowledgement it would count, and lock everybody else's out.
 */
import type { SiteId, SiteSecrets, ZoneId } from '../../model/index.ts';
import { quoted } from './session.ts';

export const ADMIN_USER = 'holdfast_agent';

/** The application's user. */
export function siteUser(site: SiteId): string {
  return `site_${site}`;
}

/** The account under which a zone's copy replicates. */
export function replicationUser(role: 'standby' | 'spare', zone: ZoneId): string {
  return role === 'standby' ? `holdfast_sync_${zone}` : `holdfast_follow_${zone}`;
}

/** An account under which any zone's copy replicates. */
export function isReplicationUser(user: string): boolean {
  return user.startsWith('holdfast_sync_') || user.startsWith('holdfast_follow_');
}

/** The zone of a `sync` account; null for any other user. */
export function zoneOfSyncUser(user: string): ZoneId | null {
  return user.startsWith('holdfast_sync_') ? user.slice('holdfast_sync_'.length) : null;
}

/** Statements, in order and repeatable, that make the database and its users. A site has rights on its own database only. */
export function creationStatements(site: SiteId, database: string, zones: ZoneId[], secrets: SiteSecrets): string[] {
  const account = (user: string, host: string) => `${quoted(user)}@${quoted(host)}`;
  const make = (user: string, host: string, password: string) =>
    `CREATE OR REPLACE USER ${account(user, host)} IDENTIFIED BY ${quoted(password)}`;
  const replicas = zones.flatMap((zone) => [replicationUser('standby', zone), replicationUser('spare', zone)]);
  return [
    `CREATE DATABASE IF NOT EXISTS ${identifier(database)} CHARACTER SET utf8mb4`,
    ...['localhost', '%'].flatMap((host) => [
      make(siteUser(site), host, secrets.databasePassword),
      `GRANT ALL PRIVILEGES ON ${pattern(database)}.* TO ${account(siteUser(site), host)}`,
    ]),
    ...replicas.flatMap((user) => [
      make(user, '%', secrets.replicationPassword),
      `GRANT REPLICATION SLAVE ON *.* TO ${account(user, '%')}`,
    ]),
    'CREATE DATABASE IF NOT EXISTS holdfast CHARACTER SET utf8mb4',
    'CREATE TABLE IF NOT EXISTS holdfast.reigns (epoch BIGINT UNSIGNED PRIMARY KEY, zone VARCHAR(32) NOT NULL, since DATETIME(3) NOT NULL) ENGINE=InnoDB',
    make(ADMIN_USER, 'localhost', secrets.adminPassword),
    `GRANT ALL PRIVILEGES ON *.* TO ${account(ADMIN_USER, 'localhost')} WITH GRANT OPTION`,
  ];
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** In a GRANT, `_` and `%` stand for any characters: `shop_1` would reach into `shopx1`. */
function pattern(name: string): string {
  return identifier(name.replaceAll('_', '\\_').replaceAll('%', '\\%'));
}
