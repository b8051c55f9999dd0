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
  'level-unavailable': {
    message: 'This controller cannot read its file of counted requests.',
    fix: 'Ask a controller of another zone (--controller), and look at this one’s disk: its log says what is the matter with STATE_DIR/windows.sqlite.',
    exitStatus: 3,
    httpStatus: 503,
  },
  'controller-unreachable': {
    message: 'No controller answered ({tried}).',
    fix: 'Start one (holdfast controller --config FILE), or name one that runs.',
    exitStatus: 3,
    httpStatus: 503,
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
  'order-refused': {
    message: '{sentence}',
    fix: 'Nothing was changed. docs/reference/codes.md says about {refusal} what you can do.',
    exitStatus: 4,
    httpStatus: 409,
  },
  'order-unknown': {
    message: 'No move of {site} is under way.',
    fix: 'holdfast status shows what is.',
    exitStatus: 4,
    httpStatus: 409,
  },
  'drill-unknown': {
    message: '{site} does not practise at the moment.',
    fix: 'holdfast drills shows what was practised.',
    exitStatus: 4,
    httpStatus: 409,
  },
  'order-beaten': {
    message: 'Others were deciding about {site} at the same time, again and again.',
    fix: 'Look at holdfast status, and ask once more.',
    exitStatus: 3,
    httpStatus: 503,
  },
  'controller-behind': {
    message: 'This controller has only just begun to listen, and does not know enough yet.',
    fix: 'Ask once more in a second, or ask the controller of another zone.',
    exitStatus: 3,
    httpStatus: 503,
  },
  'approval-beaten': {
    message: 'Others were deciding about {site} at the same time, again and again.',
    fix: 'Look at holdfast status, and approve once more if it still waits.',
    exitStatus: 3,
    httpStatus: 503,
  },
  'plan-unknown': {
    message: '{sentence}',
    fix: '{fix}',
    exitStatus: 2,
    httpStatus: 409,
  },
  'plan-without-disaster-recovery': {
    message: '{sentence}',
    fix: '{fix}',
    exitStatus: 2,
    httpStatus: 409,
  },
  'description-unknown': {
    message: 'The file {file} describes neither a site nor a service.',
    fix: 'Its first key says which: `site: NAME` (docs/guide/site.md) or `service: NAME` (docs/guide/service.md).',
    exitStatus: 2,
    httpStatus: 400,
  },
  'notice-unknown': {
    message: 'There is no notice {notice}.',
    fix: 'holdfast notices lists them.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'notice-sent': {
    message: 'The notice {notice} was sent already.',
    fix: 'Nothing is left to be done for it.',
    exitStatus: 4,
    httpStatus: 409,
  },
  'incident-over': {
    message: 'The incident {incident} is over.',
    fix: 'holdfast incidents lists those that are open.',
    exitStatus: 4,
    httpStatus: 409,
  },
  'not-signed-in': {
    message: 'No valid token was sent, and nobody is signed in.',
    fix: 'Send "authorization: Bearer TOKEN" (holdfast token add makes one), or sign in to the console (holdfast sign-in).',
    exitStatus: 2,
    httpStatus: 401,
  },
  forbidden: {
    message: 'The role {role} may not do this.',
    fix: 'Ask somebody with the role {needed}, or for a token of that role.',
    exitStatus: 2,
    httpStatus: 403,
  },
  'request-mark-missing': {
    message: 'The request does not carry the mark of its session.',
    fix: 'Send what GET /api/v1/me tells as csrf in the header x-csrf-token.',
    exitStatus: 2,
    httpStatus: 403,
  },
  'request-wrong': {
    message: 'The request cannot be understood: {why}.',
    fix: 'docs/reference/api.md and /api/v1/openapi.json say what each route takes.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'request-too-large': {
    message: 'The request is larger than this route takes.',
    fix: 'Descriptions may have 1 MB, everything else 64 kB.',
    exitStatus: 2,
    httpStatus: 413,
  },
  'too-many-requests': {
    message: 'Too many requests came at once.',
    fix: 'Ask again after a minute; follow /api/v1/events instead of asking again and again.',
    exitStatus: 3,
    httpStatus: 429,
  },
  'too-many-followers': {
    message: 'So many follow the events of this controller that it takes no more.',
    fix: 'Follow those of another zone’s controller.',
    exitStatus: 3,
    httpStatus: 503,
  },
  'route-unknown': {
    message: 'The API has no {method} {path}.',
    fix: '/api/v1/openapi.json lists what it has.',
    exitStatus: 2,
    httpStatus: 404,
  },
  'sign-in-used': {
    message: 'This sign-in link is not valid, has expired, or was used already.',
    fix: 'Make another: holdfast sign-in',
    exitStatus: 2,
    httpStatus: 410,
  },
  'token-unknown': {
    message: 'There is no token {token}.',
    fix: 'holdfast token list shows them.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'subscriber-unknown': {
    message: 'There is no subscriber {subscriber}.',
    fix: 'holdfast subscribers lists them; who ended it by a link of theirs is gone already.',
    exitStatus: 4,
    httpStatus: 404,
  },
  'confirmation-wrong': {
    message: 'What was sent as confirmation is not {wanted}.',
    fix: 'Send the very name; what is given up does not come back.',
    exitStatus: 2,
    httpStatus: 400,
  },
  'incident-busy': {
    message: 'Others write into the incident {incident} at the same time.',
    fix: 'Look at what they wrote, and say it again if it still has to be said.',
    exitStatus: 3,
    httpStatus: 409,
  },
  'incident-of-others': {
    message: 'The incident {incident} concerns sites of others too.',
    fix: 'Ask an operator.',
    exitStatus: 2,
    httpStatus: 403,
  },
  'practice-unavailable': {
    message: 'The keeper of the local platform did not take it: {why}.',
    fix: 'Try the same in a terminal, in the checkout: npx holdfast zone kill|freeze|cut|heal ZONE.',
    exitStatus: 3,
    httpStatus: 503,
  },
  internal: {
    message: 'Something went wrong that was not foreseen.',
    fix: 'The controller’s log has the error; ask the controller of another zone meanwhile.',
    exitStatus: 1,
    httpStatus: 500,
  },
  'console-not-built': {
    message: 'The console has not been built: there is nothing in {folder}.',
    fix: 'Run npm run console in this controller’s checkout, then start the controller again.',
    exitStatus: 2,
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
