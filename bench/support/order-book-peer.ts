// The peer of `continuous/1` in the bench `market`: npm `nodejs-order-book`, in a package of its own under bench/, installed when
// the bench runs, so that it is no dependency of ours.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('../nodejs-order-book', import.meta.url));

/** What of it is used: its object interface, with limit orders alone. */
export interface PeerBook {
  limit(order: { side: 'buy' | 'sell'; id: string; size: number; price: number }): { readonly err: Error | null };
  cancel(id: string): unknown;
}

export function loadPeerBook(): new () => PeerBook {
  if (!existsSync(join(home, 'node_modules/nodejs-order-book'))) {
    const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...flags], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const { OrderBook } = createRequire(join(home, 'x.js'))('nodejs-order-book') as { OrderBook: new () => PeerBook };
  return OrderBook;
}
