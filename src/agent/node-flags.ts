/**
 * Node's flags that keep an agent's heap small: it makes much that lives for a moment only, and the defaults let that pile up
 * (`npm run bench -- memory`; figures in docs/reference/mariadb.md).
 */
export const AGENT_NODE_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size'];
