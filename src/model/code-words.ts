/** What each code means and what a person can do about it: docs/reference/codes.md is made from this table and the one of errors. */
import type { DecisionCode, FindingCode, RefusalCode } from './finding.ts';

export const FINDINGS: Record<FindingCode, { means: string; follows: string; todo: string }> = {
  'zone-dark': {
    means:
      'every healthy observer outside the zone agrees that it is silent (two at least, in different places), its heartbeats have stopped, nobody is answered or fed from there',
    follows: 'every protected site that is live there moves; standbys there are given up',
    todo: 'Bring the zone back when you can; it is taken in again by itself. Until then one more loss may leave sites exposed: `npx holdfast status` says which.',
  },
  'zone-erring': {
    means: "visitors' failures there are broad (three sites or more, each one's share clipped), and no other zone errs",
    follows: 'every protected site that is live there moves',
    todo: 'Look at what the zone’s sites share: its hosts, its network, a dependency of its own.',
  },
  'zone-slow': {
    means: 'visitors there wait far longer than usual, broadly, and in no other zone',
    follows: "every protected site that is live there moves, once the site's patience is over",
    todo: 'Look at the zone’s disks, its processors and its network.',
  },
  'trouble-everywhere': {
    means: "visitors' failures rise in several zones at once: a release, a shared upstream, an attack",
    follows: 'no site moves because it errs or is slow; a zone or copy that serves nobody is left all the same',
    todo: 'Look at what all zones share: the newest release, an upstream, an attack. No move would help.',
  },
  'copy-down': {
    means:
      "the live copy's own agent says that its database is gone or that its application answers nothing, and an edge or the standby sees it too",
    follows: 'that site moves',
    todo: 'Look at the logs in `STATE_DIR/copies/SITE/log` of that host: why did its database or its application end?',
  },
  'copy-erring': {
    means: "visitors' failures passed the sequential test, and the copy's own readiness checks fail as well",
    follows: 'that site moves, unless the standby errs too',
    todo: 'Look at the application’s own log there, and at its newest release.',
  },
  'copy-slow': {
    means: 'visitors of this copy wait far longer than usual, while other sites there do not',
    follows: 'that site moves, unless its load explains it or the standby fares no better',
    todo: 'Look at slow queries and at what this site alone does.',
  },
  'copy-stuck': {
    means: "the live copy's disk is full or its writes do not return, while its probes are green",
    follows: 'that site moves',
    todo: 'Make room on that disk, or have it mended: [runbooks.md](../guide/runbooks.md#a-disk-is-full).',
  },
  'standby-lost': {
    means: "the standby's zone is dark, or its database is gone while commits wait for it",
    follows: 'it is given up, so that writes go on; another is chosen',
    todo: 'Nothing at first: another is chosen. Where the site stays exposed, `no-spare-zone` says why.',
  },
  'observer-sick': {
    means: 'an observer sees every zone failing',
    follows: 'what it says is not counted',
    todo: 'Look at that agent’s or edge’s own network and load; it counts again as soon as it sees well.',
  },
};

export const REFUSALS: Record<RefusalCode, { means: string; todo: string }> = {
  'standby-not-in-sync': {
    means: 'the live copy is lost, but the standby does not have every acknowledged write',
    todo: 'bring the live zone back: the site goes on there by itself',
  },
  'not-protected-by-plan': {
    means:
      "the site's plan has no site disaster recovery, or the add-on was not bought, or its description declines it: it runs in one zone, is watched, and has no other copy to go to. Shown also while nothing is wrong",
    todo: 'bring its zone back; to have it protected: [service.md](../guide/service.md#plans)',
  },
  'standby-unwell': {
    means: "the standby's zone is not heard either, or its database does not run",
    todo: 'bring either zone back; both keep what they have',
  },
  'promotion-underway': {
    means: 'the copy that is just being promoted was lost; only it is known to have everything',
    todo: 'bring that zone back',
  },
  'would-not-help': {
    means:
      'the standby fares no better: its application is not ready or its newest checks failed, its disk is full or hangs, a finding speaks against its zone or copy too, or it is as slow (for a slow site). Never raised against leaving a dark zone',
    todo: "look at the site's own release, its upstreams, its database",
  },
  'trouble-everywhere': {
    means: 'the site errs or is slow, and the same trouble is seen in other zones',
    todo: 'look at what all zones share: the newest release, an upstream, an attack',
  },
  'load-follows': {
    means: 'the site errs or is slow, and it is asked for at least twice as much as usual: that would follow it',
    todo: 'add capacity, or keep the visitors off who bring it',
  },
  'no-room': {
    means:
      "the standby's zone could not carry what would arrive: more than 95 % of its cores busy, with all the sites that move there together or did in the last 10 s, or less than 5 % of its memory available. A zone or copy that serves nobody is left for any zone with 2 % of memory",
    todo: 'free or add capacity there',
  },
  'moved-recently': {
    means:
      'the site moved between living zones not long ago: after n such moves in 24 hours, 10 min × 2^(n−1) have to pass since the newest. Never raised against leaving a dark zone',
    todo: 'wait for the time it names; the trouble is in both zones, or in the site',
  },
  'waiting-it-out': {
    means: "the trouble has not held for as long as this site's patience asks. No incident is opened for it",
    todo: 'nothing, or a less patient policy',
  },
  'waits-for-approval': {
    means: "the site's policy asks a person first; everything else speaks for the move",
    todo: '`npx holdfast approve SITE`, good for 15 minutes and one move',
  },
  'no-spare-zone': {
    means: 'exposed: no other zone of the site is healthy',
    todo: "heal a zone, or add one to the site's `zones`",
  },
  'standby-behind': {
    means:
      "what the standby has received but not applied is older than the policy's `mostLag`: it would have to apply that first, while nobody is served. Never raised against leaving a dark zone (the decision says how far behind it is)",
    todo: 'wait, or look at what keeps the standby: its disk, its processor, a long transaction',
  },
  'zone-evacuated': {
    means:
      'a person has taken every site out of that zone: it gets no live copy, and no standby unless no other zone is healthy and in use. A site that nobody serves moves there all the same',
    todo: '`npx holdfast return ZONE`, or another zone',
  },
  'freeze-window': {
    means:
      "it is one of the site's hours in which nothing is moved that need not be: planned moves, drills and going home wait. Failovers do not",
    todo: 'wait for the end of the window',
  },
  'order-underway': {
    means: 'another move of this site is under way, or a drill is',
    todo: 'wait for it, or `npx holdfast move SITE --call-off`',
  },
  'not-calm': {
    means: 'a planned move is made in calm, and something is found about one of the two zones or copies',
    todo: 'look at the finding it names; a failover answers what needs one',
  },
  'not-wanted': {
    means:
      'there is nothing to move: the site lives there already, the zone is none of its own, or nothing has to be given up',
    todo: 'name another zone, or leave `--accept-loss` out',
  },
  'drill-unsafe': {
    means:
      "a drill does not begin: the site is exposed, in an incident, on its way or drilling; something is found about it or any of its zones; a zone is evacuated or not heard; it is a freeze window; it moved lately; an edge is not heard; the standby is not fit to go to; three sites practise already, or one between these zones; the fault would not be answered by the site's own policy",
    todo: 'look at the reason it names; [drills.md](../guide/drills.md#when-it-does-not-begin)',
  },
  'database-not-created': {
    means: 'the site was never set up, so there is nothing to move',
    todo: "look at the agent's log in the first zone",
  },
};

export const DECISIONS: Record<DecisionCode, string> = {
  'site-added': 'the first placement',
  'record-initialised': "the database was created and the site's setup has run",
  failover: 'live is now the former standby',
  'record-promotion':
    'the new live copy has applied all it had received; the position at which it cut its replication is on record, and it may be made writable',
  'record-open': 'the new live copy has been seen writable: the edges let writes through',
  'take-back':
    'the new live copy was lost before its position was on record, so it has acknowledged nothing: the former one, which is there, goes on',
  'give-up-standby': 'nobody may promote the standby any more; the live copy stops waiting for it',
  'choose-standby': 'a zone was named; its copy is built or follows',
  'record-in-sync': 'protected: the live copy waits for the standby, which has everything',
  'take-in-spare': 'a zone that came back with data follows again',
  'open-incident': 'trouble that no move answers yet',
  'close-incident': 'over',
  approve: 'a person allowed the move that a refusal was waiting for; the incident names who',
  order: 'somebody asked for a planned move; nothing has moved yet',
  'prefer-target': 'the copy in the zone to move to becomes the standby; exposed until it is in sync',
  'hand-over': 'everything speaks for it now: the visitors are held until nothing is open on the old side',
  'let-go': 'it did not become idle in a second: the visitors go on, and it is tried again two seconds later',
  switchover: "the planned move itself: the same fence as a failover's, and nothing is lost",
  'call-off': 'the order is over and the site stays where it was; the sentence says why',
  'accept-loss': 'a person gave up what only the former live copy has; what was lost is told when that one is back',
  'add-spare': 'a zone was named for one more copy, which follows without acknowledging',
  protect: "the site's plan has site disaster recovery now: it gets a standby next",
  unprotect:
    'its plan has it no more: nobody may promote the standby any more, the live copy stops waiting for it, and it goes on following until it is released. Only in calm, after whatever move is under way',
  'release-copy': 'a copy that is not wanted any more stops; its data stays where it lies',
  'begin-drill': 'a site practises: the drill is on record, a planned move together with its order',
  'drill-there': 'the drill has brought the site to the other zone, and it is protected there',
  'drill-home': 'it has been quiet there for ten seconds, or the drill was stopped: the way home begins',
  'stop-drill': 'the drill goes wrong, or a person stopped it: what leads away is called off, and it goes home',
  'end-drill': 'the drill is over; its result is kept with the same record',
};
