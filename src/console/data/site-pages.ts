/**
 * Ten thousand sites for a list of which some twenty are seen: pages of 200 in the order of their names, each read when it comes into
 * sight, one after the other since each begins where the one before ended.
 */
import { useEffect, useReducer, useRef } from 'react';
import { useCell } from '../browser/store.ts';
import { after } from '../browser/time.ts';
import { ask, type Problem, problemOf } from './ask.ts';
import { newestSite, sitesVersion } from './live.ts';
import type { SiteState, SiteStatus, SitesAnswer } from './shapes.ts';

export const PAGE = 200;
/** While many sites change, lists are read anew this often. */
const LEAST_MS = 1_000;

interface Known {
  pages: SiteStatus[][];
  next: string | null;
  counts: SitesAnswer['counts'] | null;
}

const NONE: Known = { pages: [], next: null, counts: null };

export interface SitePages {
  counts: SitesAnswer['counts'] | null;
  problem: Problem | null;
  /** Undefined: not read yet. */
  at(index: number): SiteStatus | undefined;
  /** The list is looked at up to here. */
  reach(index: number): void;
  again(): void;
}

function pathOf(search: string, state: SiteState, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (search !== '') query.set('search', search);
  if (state !== 'all') query.set('state', state);
  if (cursor !== null) query.set('cursor', cursor);
  return `/sites?${query}`;
}

/** Reads pages until `wanted` are there or the list ends. Not of React, so that it can be tested. */
export async function readPages(
  known: Known,
  wanted: () => number,
  read: (cursor: string | null) => Promise<SitesAnswer>,
  take: (known: Known) => void,
): Promise<void> {
  let now = known;
  while (now.pages.length < wanted() && (now.pages.length === 0 || now.next !== null)) {
    const { sites, next, counts } = await read(now.next);
    now = { pages: [...now.pages, sites], next, counts };
    take(now);
  }
}

/** The site's new state, where it stands in what was read. It stays in its place even where the list asks for another state: rows do not jump. */
export function amendPages(known: Known, site: SiteStatus): Known {
  const at = known.pages.findIndex((page) => page.length > 0 && site.site <= page.at(-1)!.site);
  const page = known.pages[at];
  const row = page?.findIndex((each) => each.site === site.site) ?? -1;
  if (page === undefined || row === -1) return known;
  return { ...known, pages: known.pages.with(at, page.with(row, site)) };
}

export function useSitePages(search: string, state: SiteState): SitePages {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const mine = useRef({ known: NONE, problem: null as Problem | null, wanted: 1, turn: 0, reading: false });
  const version = useCell(sitesVersion);
  const newest = useCell(newestSite);

  const read = async (from: Known, turn: number): Promise<void> => {
    const it = mine.current;
    it.reading = true;
    try {
      await readPages(
        from,
        () => (turn === it.turn ? it.wanted : 0),
        (cursor) => ask<SitesAnswer>(pathOf(search, state, cursor)),
        (known) => {
          if (turn !== it.turn) return;
          it.known = known;
          it.problem = null;
          draw();
        },
      );
    } catch (error) {
      if (turn === it.turn) {
        it.problem = problemOf(error);
        draw();
      }
    } finally {
      if (turn === it.turn) it.reading = false;
    }
  };
  const anew = () => {
    const it = mine.current;
    it.turn += 1;
    void read(NONE, it.turn);
  };
  useEffect(() => {
    mine.current.wanted = 1;
    anew();
  }, [search, state]);
  useEffect(() => (version === 0 ? undefined : after(LEAST_MS, anew)), [version]);
  useEffect(() => {
    const it = mine.current;
    if (newest === null) return;
    it.known = amendPages(it.known, newest);
    draw();
  }, [newest]);

  const { known, problem } = mine.current;
  return {
    counts: known.counts,
    problem,
    at: (index) => known.pages[Math.floor(index / PAGE)]?.[index % PAGE],
    reach: (index) => {
      const it = mine.current;
      it.wanted = Math.max(it.wanted, Math.floor(index / PAGE) + 1);
      if (!it.reading && it.problem === null && it.known.pages.length > 0) void read(it.known, it.turn);
    },
    again: anew,
  };
}
