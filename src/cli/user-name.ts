/** Who sits at the terminal, as it stands in records. */
import { userInfo } from 'node:os';

export function userName(given: string | undefined): string {
  return given ?? process.env.SUDO_USER ?? userInfo().username;
}
