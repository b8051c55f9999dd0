/** The configuration that every mariadbd starts with: read-only, waiting for an acknowledgement, following nobody. */
import { DEFAULT_BINLOGS } from './binlogs.ts';
import { type DatabaseOptions, pathsOf } from './options.ts';

/** The id in a configuration written earlier; null when there is none in it. */
export function serverIdIn(text: string): number | null {
  const match = /^server_id=(\d+)$/m.exec(text);
  return match ? Number(match[1]) : null;
}

/** Text of the server's option file; holds no secret. */
export function serverConfig(options: DatabaseOptions, serverId: number): string {
  const paths = pathsOf(options.folder);
  const binlogs = options.binlogs ?? DEFAULT_BINLOGS;
  const settings: Record<string, string | number> = {
    datadir: paths.data,
    socket: paths.socket,
    port: options.listen.port,
    bind_address: options.listen.host,
    pid_file: paths.serverPid,
    log_error: paths.errorLog,
    tmpdir: paths.temporary,
    server_id: serverId,
    report_host: options.zone,
    gtid_domain_id: 0,
    character_set_server: 'utf8mb4',
    performance_schema: 'OFF',
    skip_name_resolve: 1,
    local_infile: 0,
    max_allowed_packet: '64M',
    innodb_buffer_pool_size: `${options.bufferPoolMb}M`,
    innodb_log_file_size: `${Math.max(32, Math.ceil(options.bufferPoolMb / 4))}M`,
    // Of an idle server's 97 MB these five save 41 (docs/reference/mariadb.md).
    innodb_log_buffer_size: '4M',
    key_buffer_size: '1M',
    aria_pagecache_buffer_size: '8M',
    query_cache_size: 0,
    table_open_cache: 400,
    innodb_flush_log_at_trx_commit: 1,
    log_bin: 'bin',
    relay_log: 'relay',
    log_slave_updates: 1,
    binlog_format: 'ROW',
    sync_binlog: 1,
    // Only whole files are removed: several of them make up the limit.
    max_binlog_size: Math.round(Math.min(128 * 2 ** 20, Math.max(2 ** 20, binlogs.mostBytes / 8)) / 4096) * 4096,
    binlog_expire_logs_seconds: Math.round(binlogs.keepMs / 1_000),
    // Rows are replicated, and no site can change that: a function or trigger of its own can do no harm to a copy.
    log_bin_trust_function_creators: 1,
    gtid_strict_mode: 1,
    relay_log_recovery: 1,
    skip_slave_start: 1,
    slave_parallel_mode: 'optimistic',
    slave_parallel_threads: 4,
    slave_net_timeout: 2,
    // A server that (re)starts acknowledges nothing, whoever started it: only the agent, holding the epoch, changes these.
    read_only: 1,
    rpl_semi_sync_master_enabled: 1,
    rpl_semi_sync_master_timeout: 4_294_967_295,
    rpl_semi_sync_master_wait_point: 'AFTER_SYNC',
    rpl_semi_sync_master_wait_no_slave: 1,
    rpl_semi_sync_slave_enabled: 0,
  };
  return `[mariadbd]\n${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}
