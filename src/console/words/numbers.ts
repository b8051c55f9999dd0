/** Numbers, times and lengths of time as people read them. Pure: the present moment is an argument. */

const UNITS: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** No line is broken between a number and its unit. */
const SPACE = '\u00a0';

/** `340 ms`, `4.2 s`, `3 min`, `2 h 5 min`, `6 d`. */
export function duration(ms: number): string {
  return inWords(ms).replaceAll(' ', SPACE);
}

function inWords(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 9_950) return `${(whole / 1_000).toFixed(1)} s`;
  const at = UNITS.findIndex(([size]) => whole >= size);
  const [size, unit] = UNITS[at]!;
  const many = Math.floor(whole / size);
  const [lessSize, lessUnit] = UNITS[at + 1] ?? [1, ''];
  const rest = Math.floor((whole % size) / lessSize);
  const both = rest > 0 && many < 10 && (unit === 'h' || unit === 'd');
  return both ? `${many} ${unit} ${rest} ${lessUnit}` : `${many} ${unit}`;
}

/** For how long something has held, in whole seconds at most: it is read while it changes. */
export function howLong(since: number, now: number): string {
  const ms = Math.max(0, now - since);
  return ms < 10_000 ? `${Math.floor(ms / 1_000)}${SPACE}s` : duration(ms);
}

export function count(many: number): string {
  return new Intl.NumberFormat('en').format(many);
}

/** `1 site`, `3 sites`. */
export function counted(many: number, one: string, more = `${one}s`): string {
  return `${count(many)} ${many === 1 ? one : more}`;
}

export function bytes(many: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = many;
  let at = 0;
  while (value >= 1_000 && at < units.length - 1) {
    value /= 1_000;
    at += 1;
  }
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)}${SPACE}${units[at]}`;
}

/** Availability never rounds up to what was not reached: 0.999951 is 99.995 %. */
export function percent(share: number, digits = 3): string {
  const scale = 10 ** (digits + 2);
  // Floating point makes 0.29 × 100 a little less than 29.
  return `${(Math.floor(share * scale + 1e-6) / 10 ** digits).toFixed(digits).replace(/\.?0+$/, '')}${SPACE}%`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

export function clock(at: number): string {
  return CLOCK.format(at);
}

export function day(at: number): string {
  return DAY.format(at);
}

/** Today only the time; otherwise the day too. */
export function moment(at: number, now: number): string {
  return day(at) === day(now) ? clock(at) : `${day(at)}, ${clock(at)}`;
}

/** `+0 ms`, `+1.2 s`: from the beginning of an incident. */
export function offset(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${duration(Math.abs(ms))}`;
}
