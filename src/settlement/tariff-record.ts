// Tariffs of an interval as a record holds them (`settlement/2`): with every field, so that one tariff has one form. What is
// absent is 0, the balancing rule `supplier/1`, the capacity null.
import { BALANCING_RULES, type Tariffs } from './tariffs.ts';

export interface FullTariffs {
  readonly import: number;
  readonly feedIn: number;
  readonly networkFee: { readonly feeder: number; readonly substation: number; readonly beyond: number };
  readonly levies: number;
  readonly vatBasisPoints: number;
  readonly feedInVatBasisPoints: number;
  readonly balancing: string;
  readonly penalty: number;
  readonly capacity: {
    readonly month: string;
    readonly price: number;
    readonly freeW: number;
    readonly due: boolean;
  } | null;
}

export function fullTariffs(tariffs: Tariffs): FullTariffs {
  const { networkFee = {}, levies = 0, vatBasisPoints = 0, feedInVatBasisPoints = 0, balancing, capacity } = tariffs;
  const { feeder = 0, substation = 0, beyond = 0 } = networkFee;
  return {
    import: tariffs.import,
    feedIn: tariffs.feedIn,
    networkFee: { feeder, substation, beyond },
    levies,
    vatBasisPoints,
    feedInVatBasisPoints,
    balancing: balancing?.rule ?? 'supplier/1',
    penalty: balancing?.penalty ?? 0,
    capacity: capacity
      ? { month: capacity.month, price: capacity.price, freeW: capacity.freeW ?? 0, due: capacity.due === true }
      : null,
  };
}

/** The same tariffs as a settlement takes them. */
export function tariffsFrom({ balancing, penalty, capacity, ...rest }: FullTariffs): Tariffs {
  const rule = BALANCING_RULES.find((name) => name === balancing);
  return {
    ...rest,
    ...(rule && rule !== 'supplier/1' ? { balancing: { rule, ...(penalty === 0 ? {} : { penalty }) } } : {}),
    ...(capacity
      ? {
          capacity: {
            month: capacity.month,
            price: capacity.price,
            freeW: capacity.freeW,
            ...(capacity.due ? { due: true as const } : {}),
          },
        }
      : {}),
  };
}
