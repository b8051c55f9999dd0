/** The two example sites as a drill sees them: what visitors ask, and how the writes are found again. */
import { join } from 'node:path';
import { CHECKOUT } from '../local/instance.ts';
import type { RequestShape } from './load/plan.ts';

export interface DrillSite {
  name: string;
  file: string;
  /** What two cores carry without the application becoming the bottleneck. */
  rates: { gets: number; writes: number };
  get: RequestShape;
  write: RequestShape;
  /** Columns `id` and `times`; `{{run}}` stands for the beginning of the ids. */
  countSql: string;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export const DRILL_SITES: Record<string, DrillSite> = {
  guestbook: {
    name: 'guestbook',
    file: join(CHECKOUT, 'examples/guestbook/site.yaml'),
    rates: { gets: 100, writes: 50 },
    get: { path: '/', headers: {}, body: null, accepted: [200] },
    write: { path: '/entries', headers: FORM, body: 'id={{id}}&author=Visitor&words=Hello', accepted: [201] },
    countSql: "SELECT id, COUNT(*) AS times FROM {{database}}.entries WHERE id LIKE '{{run}}-%' GROUP BY id",
  },
  wordpress: {
    name: 'wordpress',
    file: join(CHECKOUT, 'examples/wordpress/site.yaml'),
    rates: { gets: 10, writes: 5 },
    get: { path: '/', headers: {}, body: null, accepted: [200] },
    write: {
      path: '/wp-comments-post.php',
      headers: FORM,
      body: 'comment_post_ID=1&author=Visitor&email=visitor%40example.org&comment={{id}}',
      accepted: [302],
    },
    countSql:
      "SELECT comment_content AS id, COUNT(*) AS times FROM {{database}}.wp_comments WHERE comment_content LIKE '{{run}}-%' GROUP BY comment_content",
  },
};
