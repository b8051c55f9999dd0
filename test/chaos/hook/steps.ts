/**
 * The named moments at which a chaos run kills an agent or its database: told from what the agent is about to do to the outside (a
 * statement, a program, a rename), not from its source, so that the names stay true however the agent is written.
 */

export interface StepMatch {
  /** A statement that is about to be sent, or has just been. */
  sql?: RegExp;
  /** A program with its arguments that is about to be started, or has just been. */
  program?: RegExp;
  /** `FROM TO` of a file or folder that is about to be renamed, or has just been. */
  rename?: RegExp;
  /** Which of several that match; 0: the first. */
  skip?: number;
}

export const STEPS = {
  // Promotion.
  'promote: cut off': { sql: /^STOP (SLAVE|REPLICA) IO_THREAD/i },
  'promote: line remembered': { rename: /promotion[^ ]* [^ ]*promotion/i },
  'promote: applied': { sql: /MASTER_GTID_WAIT/i },
  'promote: replication stopped': { sql: /^STOP (SLAVE|REPLICA)$/i },
  'promote: source forgotten': { sql: /^RESET (SLAVE|REPLICA) ALL/i },
  'promote: waiting off': {
    sql: /SET GLOBAL rpl_semi_sync_slave_enabled=0, *(GLOBAL )?rpl_semi_sync_master_enabled=0/i,
  },
  'resume: writable': { sql: /read_only *= *0/i },
  'resume: reign marked': { sql: /holdfast\.reigns/i },
  // Waiting for the standby.
  'gate: remembered': { rename: /gate[^ ]* [^ ]*gate/i },
  'gate: waiting on': { sql: /rpl_semi_sync_master_enabled *= *1/i },
  'release: waiting off': { sql: /rpl_semi_sync_master_enabled *= *0/i },
  // Following.
  'follow: source set': { sql: /^CHANGE MASTER/i },
  'follow: started': { sql: /^START (SLAVE|REPLICA)/i },
  // Starting and ending servers.
  'start: server': { program: /^mariadbd / },
  'set-aside: renamed': { rename: /\/data [^ ]*aside/ },
  // Building a copy.
  'build: source streams': { program: /^mariabackup .*--(backup|stream)/ },
  'build: received': { program: /^mbstream / },
  'build: prepared': { program: /^mariabackup .*--prepare/ },
  'build: in place': { rename: /partial[^ ]* [^ ]*\/data$/ },
} satisfies Record<string, StepMatch>;

export type StepName = keyof typeof STEPS;

/** What is to happen at the step; kept in the file `arm-PROGRAM` until it has. */
export interface Armed {
  step: StepName;
  moment: 'before' | 'after';
  victim: 'agent' | 'database';
  /** The copies' folder, by which the database's process is found. */
  copies: string;
}
