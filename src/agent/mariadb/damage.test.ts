/** What a server says when it cannot use its data, against what it says when something else is wrong. */
import { expect, it } from 'vitest';
import { damageIn, isDamagedTable } from './damage.ts';

const QUIET = `2026-11-30 11:06:44 0 [Note] Starting MariaDB 10.11.14-MariaDB-0+deb12u2-log source revision as process 4711
2026-11-30 11:06:44 0 [Warning] 'proxies_priv' entry '@% mysql@vm' ignored in --skip-name-resolve mode.
`;

/** All but the first three were written by a server here over files that were overwritten. */
it.each([
  '231130 11:06:44 [ERROR] /usr/sbin/mariadbd got signal 11 ;',
  '231130 11:06:44 [ERROR] mysqld got signal 6 ;',
  '2026-11-29 20:11:02 7 [ERROR] InnoDB: Index `PRIMARY` for table `mysql`.`gtid_slave_pos` has been freed!',
  "2026-11-30 11:07:24 0 [ERROR] InnoDB: Cannot apply log to [page id: space=7, page number=3] of corrupted file './mysql/gtid_slave_pos.ibd'",
  '2026-11-30 11:07:24 0 [ERROR] InnoDB: Plugin initialization aborted with error Data structure corruption',
  '2026-11-30 11:08:37 0 [ERROR] InnoDB: Space id and page no stored in the page, read in from ./ibdata1 are [page id: space=2779096485, page number=2779096485], should be [page id: space=0, page number=7]',
  '2026-11-30 11:09:00 0 [ERROR] InnoDB: Missing FILE_CHECKPOINT(98836) at 98836',
  '2026-11-30 11:09:18 0 [ERROR] InnoDB: Invalid log header checksum',
  '2026-11-30 11:07:50 303 [ERROR] mariadbd: Table `shop_db`.`writes` is corrupted. Please drop the table and recreate.',
])('damaged: %s', (line) => {
  expect(damageIn(`${QUIET}${line}\n2026-11-30 11:07:24 0 [ERROR] Aborting\n`)).toBe(
    line.replace(/^.*\[ERROR\] /, '').trim(),
  );
});

it.each([
  "2026-11-30 11:06:44 0 [ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use",
  '2026-11-30 11:06:44 0 [ERROR] InnoDB: Unable to lock ./ibdata1 error: 11',
  "2026-11-30 11:06:44 0 [ERROR] InnoDB: The innodb_system data file 'ibdata1' must be writable",
  '2026-11-30 11:06:44 0 [ERROR] InnoDB: preallocating 12582912 bytes for file ./ibtmp1 failed with error 28',
  '2026-11-30 11:06:44 0 [ERROR] mariadbd: Disk full (./bin.000004); waiting for someone to free some space... (errno: 28 "No space left on device")',
  "2026-11-30 11:06:44 0 [ERROR] /usr/sbin/mariadbd: unknown variable 'inodb_buffer_pool_size=1M'",
  '2026-11-30 11:06:44 0 [ERROR] InnoDB: Plugin initialization aborted with error Generic error',
  "2026-11-30 11:06:44 0 [ERROR] Plugin 'InnoDB' registration as a STORAGE ENGINE failed.",
  '2026-11-30 11:06:44 0 [ERROR] Aborting',
  '2026-11-30 11:06:44 0 [ERROR] InnoDB: Error number 28 means "No space left on device"\n261130 11:06:44 [ERROR] mysqld got signal 6 ;',
  '2026-11-30 11:06:44 0 [ERROR] mariadbd: Out of memory (Needed 4096 bytes)\n261130 11:06:44 [ERROR] mysqld got signal 11 ;',
  '2026-11-30 11:07:51 308 [Warning] Slave: Table `shop_db`.`writes` is corrupted. Error_code: 1877',
])('not damaged: %s', (line) => {
  expect(damageIn(`${QUIET}${line}\n`)).toBe(null);
});

it.each([
  [1877, 'Table is corrupted', true],
  [1812, 'Tablespace is missing for table', true],
  [1030, 'Got error 194 "Tablespace is missing for a table" from storage engine InnoDB', true],
  [1030, 'Got error 28 "No space left on device" from storage engine InnoDB', false],
  [1062, "Duplicate entry '7' for key 'PRIMARY'", false],
  [1213, 'Deadlock found when trying to get lock; try restarting transaction', false],
])('%i %s: %s', (errno, error, damaged) => {
  expect(isDamagedTable(errno, error)).toBe(damaged);
});
