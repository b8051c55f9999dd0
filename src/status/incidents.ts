/** An incident as one page tells it: of the sites that the page may name, in words for visitors. Pure. */
import type { SiteId, WallMs } from '../model/index.ts';
import { presentState } from '../record/updates.ts';
import { type IncidentMarks, isInTrouble, isUnderWay, type SiteMarks, wasNoticed } from './marks.ts';
import type { Post, PublicIncident } from './model.ts';
import { count } from './words.ts';

const MOST_NAMED = 20;

export interface Sight {
  /** For visitors; null: this page does not speak of it. */
  titleOf(site: SiteId): string | null;
  /** The page tells of zones too, whichever sites are in them. */
  zones: boolean;
  /** It is about one site alone, which needs no naming. */
  alone: boolean;
}

/** Null: nothing of it belongs on this page. */
export function toPublic(marks: IncidentMarks, sight: Sight): PublicIncident | null {
  const seen = [...marks.sites].filter(([site]) => sight.titleOf(site) !== null);
  const noticed = seen.filter(([, each]) => wasNoticed(each));
  const ofZone = sight.zones && /^zone-/.test(marks.subject);
  const written = marks.updates.length > 0 && seen.length > 0;
  if (noticed.length === 0 && !written && !ofZone) return null;
  const names = noticed.map(([site]) => sight.titleOf(site)!).toSorted();
  const closedAt = sight.alone ? (seen[0]?.[1].closedAt ?? marks.closedAt) : marks.closedAt;
  return {
    id: marks.id,
    title: titleOf(marks.subject, sight),
    openedAt: marks.openedAt,
    closedAt,
    state: presentState({ closedAt, holder: null, newest: marks.updates.at(-1) ?? null }),
    sites: sight.alone ? [] : names.slice(0, MOST_NAMED),
    more: sight.alone ? 0 : Math.max(0, names.length - MOST_NAMED),
    posts: postsOf(
      marks,
      noticed.map(([, each]) => each),
      closedAt,
      sight,
    ),
  };
}

/** Codes of findings in visitors' words; the zone's name is filled in. */
const ZONE_TITLES: Record<string, string> = {
  'zone-dark': 'Zone ZONE does not answer',
  'zone-erring': 'Zone ZONE answers with errors',
  'zone-slow': 'Zone ZONE is slow',
};
const COPY_TITLES: Record<string, string> = {
  'copy-erring': 'SITE answered with errors',
  'copy-slow': 'SITE was slow',
};

/** `zone-dark:a` and `copy-down:a:shop`. */
function titleOf(subject: string, { titleOf: nameOf, alone }: Sight): string {
  const [code = '', zone = '', site] = subject.split(':');
  if (ZONE_TITLES[code] !== undefined) return ZONE_TITLES[code].replace('ZONE', () => zone);
  const name = site === undefined ? null : nameOf(site);
  const words = COPY_TITLES[code] ?? 'SITE had trouble';
  return words.replace('SITE', () => (name === null || alone ? 'The site' : name));
}

function postsOf(marks: IncidentMarks, noticed: SiteMarks[], closedAt: WallMs | null, sight: Sight): Post[] {
  const many = sight.alone ? 'The site' : noticed.length === 1 ? 'One site' : `${count(noticed.length)} sites`;
  const is = sight.alone || noticed.length === 1 ? 'is' : 'are';
  const posts: Post[] = [{ key: 'noticed', at: marks.openedAt, state: 'noticed', text: noticedWords(noticed, many) }];
  const serving = servingAt(noticed);
  if (serving !== null)
    posts.push({ key: `serving-${serving}`, at: serving, state: 'serving', text: `${many} ${is} served again.` });
  for (const { at, state, text } of marks.updates) posts.push({ key: `update-${at}`, at, state, text });
  if (closedAt !== null) posts.push({ key: 'over', at: closedAt, state: 'over', text: 'It is over.' });
  return posts.toSorted((one, other) => one.at - other.at);
}

function noticedWords(noticed: SiteMarks[], many: string): string {
  if (noticed.length === 0) return 'No site is disrupted by it.';
  const moved = noticed.filter(({ movedAt }) => movedAt !== null).length;
  const one = many === 'One site' || many === 'The site';
  if (moved === noticed.length) return `${many} ${one ? 'moves' : 'move'} to another zone.`;
  if (moved === 0) return `${many} ${one ? 'is' : 'are'} disrupted.`;
  return `${many} are concerned; ${count(moved)} of them ${moved === 1 ? 'moves' : 'move'} to another zone.`;
}

/** When the last of those that were moved served again; null: not all do, or none was moved. */
function servingAt(noticed: SiteMarks[]): WallMs | null {
  const moved = noticed.filter(({ movedAt }) => movedAt !== null);
  if (moved.length === 0 || noticed.some((each) => isUnderWay(each) || isInTrouble(each))) return null;
  return Math.max(...moved.map(({ servingAt: at, closedAt, movedAt }) => at ?? closedAt ?? movedAt!));
}
