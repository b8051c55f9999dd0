/** Every site, found by typing a part of its name or host, or by its state. */
import { useCallback, useDeferredValue, useEffect, useRef, useState } from 'react';
import { useNarrow } from '../browser/narrow.ts';
import { go, isAt, toHash } from '../browser/route.ts';
import { after } from '../browser/time.ts';
import { SITE_STATES, type SiteState, type SitesAnswer } from '../data/shapes.ts';
import { useSitePages } from '../data/site-pages.ts';
import { Page } from '../parts/Page.tsx';
import { Empty, Waiting } from '../parts/Shown.tsx';
import { SiteRow } from '../parts/SiteRow.tsx';
import { Trouble } from '../parts/Trouble.tsx';
import { Virtual } from '../parts/Virtual.tsx';
import { count, counted } from '../words/numbers.ts';

const TYPING_MS = 120;
/** As in styles/pages.css. */
const ROW = { wide: 56, narrow: 84 };

const STATE_WORDS: Record<SiteState, string> = {
  all: 'All',
  protected: 'Protected',
  exposed: 'Exposed',
  'in-trouble': 'In trouble',
  moving: 'Moving',
};

export function Sites({ query }: { query: URLSearchParams }) {
  const search = query.get('search') ?? '';
  const state = SITE_STATES.find((each) => each === query.get('state')) ?? 'all';
  const pages = useSitePages(search, state);
  const { counts, problem } = pages;
  const rowHeight = useNarrow() ? ROW.narrow : ROW.wide;
  const reach = useRef(pages.reach);
  reach.current = pages.reach;
  const onReach = useCallback((index: number) => reach.current(index), []);
  const many = counts?.[state] ?? 0;
  return (
    <Page title="Sites">
      <div className="filters">
        <Search
          value={search}
          put={(next) => {
            // Whoever has followed a row's link meanwhile stays there.
            if (isAt('sites')) go(toHash(['sites'], { search: next, state: stateOf(state) }), { replace: true });
          }}
        />
        <StateTabs state={state} counts={counts} search={search} />
      </div>
      <p className="sr-only" aria-live="polite">
        {counts === null ? '' : `${counted(many, 'site')} found`}
      </p>
      {problem !== null && <Trouble problem={problem} again={pages.again} />}
      {counts === null && problem === null && <Waiting rows={8} />}
      {counts !== null && many === 0 && <NothingFound search={search} state={state} all={counts.all} />}
      {many > 0 && (
        <Virtual
          count={many}
          rowHeight={rowHeight}
          label="Sites"
          reach={onReach}
          row={(index) => {
            const site = pages.at(index);
            return site === undefined ? <div className="row waiting-row" /> : <SiteRow site={site} />;
          }}
        />
      )}
    </Page>
  );
}

const stateOf = (state: SiteState) => (state === 'all' ? '' : state);

function NothingFound({ search, state, all }: { search: string; state: SiteState; all: number }) {
  if (search === '' && state === 'all')
    return (
      <Empty title="There are no sites yet.">
        Describe one in a file and apply it: <code>holdfast apply site.yaml</code>.
      </Empty>
    );
  if (all > 0) return <Empty title={`None of ${counted(all, 'site')} is ${STATE_WORDS[state].toLowerCase()}.`} />;
  return (
    <Empty title={`No site has “${search}” in its name or host names.`}>
      <a href={toHash(['sites'], { state: stateOf(state) })}>Clear the search</a>
    </Empty>
  );
}

/** The address follows the typing a little later, so that each letter is shown at once. */
function Search({ value, put }: { value: string; put(next: string): void }) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const late = useDeferredValue(text);
  const latest = useRef(put);
  latest.current = put;
  useEffect(() => {
    if (value !== sent.current) setText(value);
    sent.current = value;
  }, [value]);
  useEffect(() => {
    if (late === sent.current) return undefined;
    return after(TYPING_MS, () => {
      sent.current = late;
      latest.current(late);
    });
  }, [late]);
  return (
    <label className="search">
      <span className="sr-only">Search sites by name or host name</span>
      <input
        type="search"
        value={text}
        placeholder="Name or host name"
        maxLength={100}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

function StateTabs(props: { state: SiteState; counts: SitesAnswer['counts'] | null; search: string }) {
  const { state, counts, search } = props;
  return (
    <nav aria-label="By state">
      <ul className="tabs">
        {SITE_STATES.map((each) => (
          <li key={each}>
            <a
              href={toHash(['sites'], { search, state: stateOf(each) })}
              aria-current={each === state ? 'true' : undefined}
            >
              {STATE_WORDS[each]} <span className="soft">{counts === null ? '' : count(counts[each])}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
