// Node messages of a made-up day on the demo's street, for tests of the overview and for looking at the dashboard:
// loads and roofs from a CSV as in shared data demo/street.csv, and a simple battery, auction, settlement and log.
// Nothing here is the project's market or battery control; only the shapes of the messages are.
import { toBase64 } from '../../src/log/bytes.ts';
import { CompactTree, inclusionProof, leafHash, nodeHash } from '../../src/log/tree.ts';
import { intervalAfter, intervalStart } from '../../src/time/interval.ts';

export const TARIFFS = { import: 300_000, feedIn: 80_000 };
export const CAPACITY_WH = 6400;
const MAX_WH = 1250;

export interface StreetRow {
  readonly interval: string;
  readonly loadWh: Readonly<Record<string, number>>;
  readonly pvWh: Readonly<Record<string, number>>;
}

export type Message = Readonly<Record<string, unknown>> & { readonly type: string };

/** Rows of a profile CSV from an interval on. */
export function streetRows(csv: string, from: string, count: number): StreetRow[] {
  const [head = '', ...lines] = csv.trim().split('\n');
  const columns = head.split(',');
  const start = lines.findIndex((line) => line.startsWith(from));
  return lines.slice(start, start + count).map((line) => {
    const values = line.split(',');
    const loadWh: Record<string, number> = {};
    const pvWh: Record<string, number> = {};
    for (const [i, column] of columns.entries()) {
      const [member = '', role] = column.split('.');
      if (role === 'load') loadWh[member] = Number(values[i]);
      if (role === 'pv') pvWh[member] = Number(values[i]);
    }
    return { interval: values[0] ?? '', loadWh, pvWh };
  });
}

/** A street that runs row by row; every home has a battery, a third full at the start. */
export class SyntheticStreet {
  readonly members: readonly string[];
  readonly #pv: ReadonlySet<string>;
  readonly #stored = new Map<string, number>();
  readonly #leaves: { hash: Uint8Array; note: string; label: string }[] = [];
  readonly #tree = new CompactTree();
  #height = 0;
  #root: string | null = null;

  constructor(first: StreetRow) {
    this.members = Object.keys(first.loadWh);
    this.#pv = new Set(Object.keys(first.pvWh));
    for (const member of this.members) if (isHome(member)) this.#stored.set(member, CAPACITY_WH / 3);
  }

  community(): Message {
    const members = this.members.map((id) => {
      return { id, kind: isHome(id) ? 'home' : 'business', pv: this.#pv.has(id), battery: isHome(id) };
    });
    return { type: 'community', currency: 'EUR', tariffs: TARIFFS, members };
  }

  clock(now: number, extra: Partial<Record<string, unknown>> = {}): Message {
    return { type: 'clock', now, speed: 180, paused: false, epoch: 1, simulated: true, ...extra };
  }

  /** Everything that the nodes say about one interval: readings in its middle, auction before, the rest after. */
  interval(row: StreetRow): Message[] {
    const { interval } = row;
    const messages: Message[] = [];
    const nets: { member: string; netWh: number }[] = [];
    for (const member of this.members) {
      const pvWh = row.pvWh[member] ?? 0;
      const needWh = (row.loadWh[member] ?? 0) - pvWh;
      const { chargeWh, dischargeWh, socPerMille } = this.#useBattery(member, needWh);
      const netWh = needWh + chargeWh - dischargeWh;
      nets.push({ member, netWh });
      messages.push(...this.#readings(row, member, netWh, dischargeWh - chargeWh, socPerMille));
      const exchange = { importWh: Math.max(0, netWh), exportWh: Math.max(0, -netWh) };
      messages.push({ type: 'meter', member, interval, ...exchange, quality: 'measured' });
      if (this.#pv.has(member)) messages.push({ type: 'energy', member, interval, role: 'pv', generationWh: pvWh });
      if (socPerMille !== null)
        messages.push({ type: 'battery', member, interval, chargeWh, dischargeWh, socPerMille });
    }
    const clearing = clearingOf(interval, nets);
    messages.push(clearing.message, settlementOf(interval, nets, clearing), this.#block(interval, nets.length));
    return messages;
  }

  verification(): Message {
    const size = this.#leaves.length;
    return {
      type: 'verification',
      ok: true,
      errors: [],
      size,
      root: this.#root,
      blocks: this.#height,
      records: size - this.#height,
    };
  }

  proof(leaf: number): Message {
    const size = this.#leaves.length;
    const read = (level: number, index: number): Uint8Array => {
      if (level === 0) return this.#leaves[index]?.hash ?? new Uint8Array(32);
      return nodeHash(read(level - 1, index * 2), read(level - 1, index * 2 + 1));
    };
    const path = inclusionProof(leaf, size, read).map(toBase64);
    const record = {
      note: this.#leaves[leaf]?.note ?? '',
      body: '{"importWh":412,"quality":"measured","version":"meter/1"}',
    };
    return { type: 'proof', leaf, size, root: toBase64(this.#tree.root()), record, path };
  }

  #useBattery(member: string, needWh: number): { chargeWh: number; dischargeWh: number; socPerMille: number | null } {
    const stored = this.#stored.get(member);
    if (stored === undefined) return { chargeWh: 0, dischargeWh: 0, socPerMille: null };
    const chargeWh = needWh < 0 ? Math.min(-needWh, MAX_WH, Math.floor((CAPACITY_WH - stored) / 0.9)) : 0;
    const dischargeWh = needWh > 0 ? Math.min(needWh, MAX_WH, Math.floor(stored)) : 0;
    const after = stored + Math.floor(chargeWh * 0.9) - dischargeWh;
    this.#stored.set(member, after);
    return { chargeWh, dischargeWh, socPerMille: Math.round((after / CAPACITY_WH) * 1000) };
  }

  #readings(row: StreetRow, member: string, netWh: number, batteryWh: number, socPerMille: number | null): Message[] {
    const at = intervalStart(row.interval) + 450_000;
    const reading = (role: string, wh: number, more = {}) => {
      return { type: 'reading', member, role, powerW: wh * 4, quality: 'measured', at, ...more };
    };
    const messages: Message[] = [reading('grid', netWh)];
    if (this.#pv.has(member)) messages.push(reading('pv', row.pvWh[member] ?? 0));
    if (socPerMille === null) return messages;
    messages.push(reading('battery', batteryWh, { socPerMille }));
    const state = batteryWh > 0 ? 'discharging' : batteryWh < 0 ? 'charging' : 'idle';
    const text = {
      charging: 'charging: the roof gives more than the home uses',
      discharging: 'covering what the home uses',
      idle: 'empty or full: nothing to do',
    }[state];
    messages.push({ type: 'decision', member, setpointW: batteryWh * 4, state, reason: { code: state, text } });
    return messages;
  }

  #block(interval: string, members: number): Message {
    const first = this.#leaves.length;
    const previous = this.#root;
    const kinds: Record<string, number> = { meter: members, order: members, clearing: 1, settlement: 1, header: 1 };
    for (const [kind, count] of Object.entries(kinds)) {
      for (let i = 0; i < count; i++) {
        const member = count > 1 ? (this.members[i] ?? '') : 'operator';
        const json = JSON.stringify({
          interval,
          kind,
          ledger: 'sunny-street.example/ledger/1',
          member,
          time: interval,
        });
        const note = `microgrid-${kind === 'header' ? 'header' : 'record'}/1\n${json}\n\n— ${member} AAAA\n`;
        const hash = leafHash(note);
        this.#leaves.push({ hash, note, label: `${kind} ${member}` });
        this.#tree.append(hash);
      }
    }
    this.#root = toBase64(this.#tree.root());
    const records = this.#leaves.slice(first).map((leaf) => leaf.label);
    const size = this.#leaves.length;
    return {
      type: 'block',
      height: this.#height++,
      first,
      count: size - first,
      interval: intervalAfter(interval),
      time: interval,
      size,
      root: this.#root,
      previous,
      kinds,
      state: 'sealed',
      records,
    };
  }
}

export function isHome(member: string): boolean {
  return member.startsWith('home');
}

interface Cleared {
  readonly message: Message;
  readonly price: number | null;
  readonly filled: ReadonlyMap<string, number>;
}

/** Everyone bids its net; limits spread between the tariffs; accepted in order of limit; price in the middle. */
function clearingOf(interval: string, nets: readonly { member: string; netWh: number }[]): Cleared {
  const bids = nets.filter(({ netWh }) => netWh !== 0);
  const orders = bids.map(({ member, netWh }, i) => {
    const side = netWh > 0 ? ('buy' as const) : ('sell' as const);
    const spread = ((i * 37) % 10) * 11_000;
    const limit = side === 'buy' ? TARIFFS.import - 5000 - spread : TARIFFS.feedIn + 5000 + spread;
    return { id: `${interval}/${member}`, member, side, wh: Math.abs(netWh), limit };
  });
  const buys = orders.filter(({ side }) => side === 'buy').sort((a, b) => b.limit - a.limit);
  const sells = orders.filter(({ side }) => side === 'sell').sort((a, b) => a.limit - b.limit);
  const filled = new Map<string, number>();
  let volumeWh = 0;
  let marginal: [number, number] | null = null;
  const left = sells.map(({ wh }) => wh);
  for (const buy of buys) {
    let wanted = buy.wh;
    for (const [i, sell] of sells.entries()) {
      const wh = Math.min(wanted, left[i] ?? 0);
      if (wh === 0 || sell.limit > buy.limit) continue;
      left[i] = (left[i] ?? 0) - wh;
      wanted -= wh;
      volumeWh += wh;
      marginal = [sell.limit, buy.limit];
      filled.set(sell.member, (filled.get(sell.member) ?? 0) + wh);
      filled.set(buy.member, (filled.get(buy.member) ?? 0) + wh);
    }
  }
  const price = marginal && Math.floor((marginal[0] + marginal[1]) / 2);
  const fills = orders.map(({ id, member, side, wh }) => {
    const got = filled.get(member) ?? 0;
    const what =
      got === wh
        ? 'filled'
        : got > 0
          ? `${got} of ${wh} Wh filled: the other side had no more`
          : 'not filled: nobody on the other side met the limit';
    return { id, member, side, wh: got, reason: { code: 'synthetic', text: what } };
  });
  const [priceLow, priceHigh] = marginal ?? [null, null];
  const message = {
    type: 'clearing',
    interval,
    rule: 'uniform-price/1',
    volumeWh,
    price,
    priceLow,
    priceHigh,
    orders,
    fills,
    pairs: [],
  };
  return { message, price, filled };
}

function settlementOf(
  interval: string,
  nets: readonly { member: string; netWh: number }[],
  { price, filled }: Cleared,
): Message {
  const lines: Record<string, unknown>[] = [];
  const statements = nets.map(({ member, netWh }) => {
    const traded = filled.get(member) ?? 0;
    const rest = Math.abs(netWh) - traded;
    const account = `member/${member}`;
    const buys = netWh > 0;
    const line = (other: string, wh: number, at: number) => {
      const [from, to] = buys ? [account, other] : [other, account];
      // The trade partner is made up: a line of each trade from every member's own side would count it twice.
      if (wh > 0) lines.push({ account: from, counterAccount: to, wh, price: at, amount: wh * at, code: 'energy' });
      return wh * at;
    };
    const trade = line('member/neighbour', traded, price ?? 0);
    const supplier = line('supplier', rest, buys ? TARIFFS.import : TARIFFS.feedIn);
    const amount = (trade + supplier) * (buys ? 1 : -1) || 0;
    return {
      member,
      importWh: buys ? netWh : 0,
      exportWh: buys ? 0 : -netWh,
      quality: 'measured',
      boughtWh: buys ? traded : 0,
      soldWh: buys ? 0 : traded,
      supplierWh: buys ? rest : 0,
      feedInWh: buys ? 0 : rest,
      amount,
    };
  });
  return { type: 'settlement', interval, tariffs: TARIFFS, lines, statements };
}
