/** The one table of errors that a person may meet: a stable code, what it says, how to get out of it, and the statuses that go with it. */

interface ErrorKind {
  /** What happened; `{name}` is filled in. */
  message: string;
  /** What to do about it. */
  fix: string;
  exitStatus: number;
  httpStatus: number;
}

export const ERRORS = {
  'config-unreadable': {
    message: 'The file {file} cannot be read: {why}.',
    fix: 'Check the path and who may read it.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'config-wrong': {
    message: '{problems}',
    fix: 'Correct every line listed, then run the command again. Nothing was started or changed.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'observations-unreadable': {
    message: 'The file {file} cannot be read: {why}.',
    fix: 'Check the path. `holdfast record --out FILE` writes such a file, and docs/reference/observations.md says how to write one by hand.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'observations-wrong': {
    message: '{problems}',
    fix: 'Correct every line listed, then run the command again; docs/reference/observations.md has every kind of line.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'observations-not-kept': {
    message: 'No controller that answers has kept the observations of incident {incident}.',
    fix: 'Ask the controllers of the other zones (--controller); each keeps its newest 50 in STATE_DIR/observations/.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'placeholder-unknown': {
    message: '"{name}" is not a placeholder.',
    fix: 'Use one of: {known}.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'key-file-unreadable': {
    message: 'The cluster key file {file} cannot be read: {why}.',
    fix: 'Copy it from a host that has it, or make one for a new cluster: (umask 077; openssl rand -hex 24 > {file})',
    exitStatus: 2,
    httpStatus: 500,
  },
  'key-file-open': {
    message: 'The cluster key file {file} can be read by others (mode {mode}).',
    fix: 'chmod 600 {file}',
    exitStatus: 2,
    httpStatus: 500,
  },
  'key-file-empty': {
    message: 'The cluster key file {file} holds no key: {why}.',
    fix: 'Make one: (umask 077; openssl rand -hex 24 > {file})',
    exitStatus: 2,
    httpStatus: 500,
  },
  'store-unavailable': {
    message: 'The store did not answer: {what}.',
    fix: 'Sites go on as they are; only changes wait. Look at the etcd members: a majority of them has to run and reach each other.',
    exitStatus: 3,
    httpStatus: 503,
  },
  'controller-unreachable': {
    message: 'No controller answered ({tried}).',
    fix: 'Start one (holdfast controller --config FILE), or name one that runs.',
    exitStatus: 3,
    httpStatus: 503,
  },
  unauthorised: {
    message: 'The cluster key is missing or not the right one.',
    fix: 'Send the content of the cluster key file as "authorization: Bearer KEY".',
    exitStatus: 2,
    httpStatus: 401,
  },
  'site-unknown': {
    message: 'There is no site {site}.',
    fix: 'holdfast status lists the sites.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'zone-unknown': {
    message: 'There is no zone {zone}.',
    fix: 'holdfast status lists the zones.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'incident-unknown': {
    message: 'There is no incident {incident}.',
    fix: 'holdfast incidents lists them.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'nothing-to-approve': {
    message: '{sentence}',
    fix: 'holdfast status shows which sites wait for approval.',
    exitStatus: 4,
    httpStatus: 409,
  },
  'approver-unnamed': {
    message: 'It is not said who approves.',
    fix: 'Name yourself in at most 64 characters: --by NAME',
    exitStatus: 2,
    httpStatus: 400,
  },
  'approval-beaten': {
    message: 'Others were deciding about {site} at the same time, again and again.',
    fix: 'Look at holdfast status, and approve once more if it still waits.',
    exitStatus: 3,
    httpStatus: 503,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** An error from the table. `values` fill its sentences; never put a secret there. */
export class HoldfastError extends Error {
  readonly code: ErrorCode;
  readonly fix: string;
  readonly exitStatus: number;
  readonly httpStatus: number;
  /** Set for `config-wrong`. */
  readonly problems: Problem[];

  constructor(code: ErrorCode, values: Record<string, string> = {}, problems: Problem[] = [], cause?: unknown) {
    const kind = ERRORS[code];
    super(put(kind.message, values), { cause });
    this.name = 'HoldfastError';
    this.code = code;
    this.fix = put(kind.fix, values);
    this.exitStatus = kind.exitStatus;
    this.httpStatus = kind.httpStatus;
    this.problems = problems;
  }
}

/** One thing that is wrong in a file that a person wrote. */
export interface Problem {
  /** `application.processes[0].command`; empty for the file as a whole. */
  path: string;
  /** From 1; null when the file has no lines to point at. */
  line: number | null;
  wrong: string;
  /** What would be right; null where `wrong` says it all. */
  right: string | null;
}

/** The problems of one file for a terminal: a heading, then two lines each. `more`: so many are not listed. Ends without a newline. */
export function formatProblems(file: string, problems: Problem[], more = 0): string {
  const count = problems.length + more;
  const heading = `${file}: ${count === 1 ? '1 problem' : `${count} problems`}`;
  const rest = more === 0 ? [] : [`  and ${more} more`];
  return [heading, ...problems.map((problem) => formatProblem(file, problem)), ...rest].join('\n');
}

function formatProblem(file: string, { path, line, wrong, right }: Problem): string {
  const place = [line === null ? file : `${file}:${line}`, path].filter((part) => part !== '').join('  ');
  return [`  ${place}`, `      ${wrong}`, ...(right === null ? [] : [`      right would be: ${right}`])].join('\n');
}

/** An error as it is shown to a person: the sentence, its problems if it has some, and what to do. Ends without a newline. */
export function formatError(error: HoldfastError): string {
  return `${error.message}\n${error.fix} [${error.code}]`;
}

function put(sentence: string, values: Record<string, string>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
