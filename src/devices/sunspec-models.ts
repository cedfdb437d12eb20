// SunSpec information models as compact tables, in register order: facts of sunspec/models (json/, Apache-2.0).
// Every model starts with its id and its length; `length` here counts those two as well.
import { sizeOf } from './codec.ts';
import type { Block, Point, PointType } from './description.ts';

/** name, type, unit, scale factor point or `rw` for writable; strings carry their size as `string:16`. */
type Row = readonly [
  name: string,
  type: PointType | `string:${number}`,
  unit?: string,
  scaleFrom?: string,
  access?: 'rw',
];

/** A SunSpec model as a block of holding registers that discovery finds. */
function model(id: number, name: string, rows: readonly Row[]): Block {
  const points: Point[] = [];
  let offset = 0;
  for (const [pointName, typeText, unit = '', scaleFrom = '', access] of [
    ['ID', 'uint16'],
    ['L', 'uint16'],
    ...rows,
  ] as readonly Row[]) {
    const [type, textSize] = typeText.split(':') as [PointType, string?];
    const size = textSize === undefined ? sizeOf(type) : Number(textSize);
    points.push({
      name: pointName,
      offset,
      type,
      size,
      ...(unit === '' ? {} : { unit }),
      ...(scaleFrom === '' ? {} : { scaleFrom }),
      ...(access ? { writable: true } : {}),
    });
    offset += size;
  }
  return { name, table: 'holding', at: { model: id }, length: offset, points };
}

/** Model 1: who made it. */
export const common = model(1, 'common', [
  ['Mn', 'string:16'],
  ['Md', 'string:16'],
  ['Opt', 'string:8'],
  ['Vr', 'string:8'],
  ['SN', 'string:16'],
  ['DA', 'uint16', '', '', 'rw'],
  ['Pad', 'pad'],
]);

/** Model 103: three-phase inverter, integers with scale factors. W is + when it generates (or discharges). */
export const inverter103 = model(103, 'inverter', [
  ['A', 'uint16', 'A', 'A_SF'],
  ['AphA', 'uint16', 'A', 'A_SF'],
  ['AphB', 'uint16', 'A', 'A_SF'],
  ['AphC', 'uint16', 'A', 'A_SF'],
  ['A_SF', 'sunssf'],
  ['PPVphAB', 'uint16', 'V', 'V_SF'],
  ['PPVphBC', 'uint16', 'V', 'V_SF'],
  ['PPVphCA', 'uint16', 'V', 'V_SF'],
  ['PhVphA', 'uint16', 'V', 'V_SF'],
  ['PhVphB', 'uint16', 'V', 'V_SF'],
  ['PhVphC', 'uint16', 'V', 'V_SF'],
  ['V_SF', 'sunssf'],
  ['W', 'int16', 'W', 'W_SF'],
  ['W_SF', 'sunssf'],
  ['Hz', 'uint16', 'Hz', 'Hz_SF'],
  ['Hz_SF', 'sunssf'],
  ['VA', 'int16', 'VA', 'VA_SF'],
  ['VA_SF', 'sunssf'],
  ['VAr', 'int16', 'var', 'VAr_SF'],
  ['VAr_SF', 'sunssf'],
  ['PF', 'int16', '%', 'PF_SF'],
  ['PF_SF', 'sunssf'],
  ['WH', 'acc32', 'Wh', 'WH_SF'],
  ['WH_SF', 'sunssf'],
  ['DCA', 'uint16', 'A', 'DCA_SF'],
  ['DCA_SF', 'sunssf'],
  ['DCV', 'uint16', 'V', 'DCV_SF'],
  ['DCV_SF', 'sunssf'],
  ['DCW', 'int16', 'W', 'DCW_SF'],
  ['DCW_SF', 'sunssf'],
  ['TmpCab', 'int16', 'C', 'Tmp_SF'],
  ['TmpSnk', 'int16', 'C', 'Tmp_SF'],
  ['TmpTrns', 'int16', 'C', 'Tmp_SF'],
  ['TmpOt', 'int16', 'C', 'Tmp_SF'],
  ['Tmp_SF', 'sunssf'],
  ['St', 'enum16'],
  ['StVnd', 'enum16'],
  ['Evt1', 'bitfield32'],
  ['Evt2', 'bitfield32'],
  ['EvtVnd1', 'bitfield32'],
  ['EvtVnd2', 'bitfield32'],
  ['EvtVnd3', 'bitfield32'],
  ['EvtVnd4', 'bitfield32'],
]);

/** Model 120: nameplate ratings. */
export const nameplate120 = model(120, 'nameplate', [
  ['DERTyp', 'enum16'],
  ['WRtg', 'uint16', 'W', 'WRtg_SF'],
  ['WRtg_SF', 'sunssf'],
  ['VARtg', 'uint16', 'VA', 'VARtg_SF'],
  ['VARtg_SF', 'sunssf'],
  ['VArRtgQ1', 'int16', 'var', 'VArRtg_SF'],
  ['VArRtgQ2', 'int16', 'var', 'VArRtg_SF'],
  ['VArRtgQ3', 'int16', 'var', 'VArRtg_SF'],
  ['VArRtgQ4', 'int16', 'var', 'VArRtg_SF'],
  ['VArRtg_SF', 'sunssf'],
  ['ARtg', 'uint16', 'A', 'ARtg_SF'],
  ['ARtg_SF', 'sunssf'],
  ['PFRtgQ1', 'int16', 'cos()', 'PFRtg_SF'],
  ['PFRtgQ2', 'int16', 'cos()', 'PFRtg_SF'],
  ['PFRtgQ3', 'int16', 'cos()', 'PFRtg_SF'],
  ['PFRtgQ4', 'int16', 'cos()', 'PFRtg_SF'],
  ['PFRtg_SF', 'sunssf'],
  ['WHRtg', 'uint16', 'Wh', 'WHRtg_SF'],
  ['WHRtg_SF', 'sunssf'],
  ['AhrRtg', 'uint16', 'AH', 'AhrRtg_SF'],
  ['AhrRtg_SF', 'sunssf'],
  ['MaxChaRte', 'uint16', 'W', 'MaxChaRte_SF'],
  ['MaxChaRte_SF', 'sunssf'],
  ['MaxDisChaRte', 'uint16', 'W', 'MaxDisChaRte_SF'],
  ['MaxDisChaRte_SF', 'sunssf'],
  ['Pad', 'pad'],
]);

/** Model 124: basic storage controls. */
export const storage124 = model(124, 'storage', [
  ['WChaMax', 'uint16', 'W', 'WChaMax_SF', 'rw'],
  ['WChaGra', 'uint16', '% WChaMax/s', 'WChaDisChaGra_SF', 'rw'],
  ['WDisChaGra', 'uint16', '% WChaMax/s', 'WChaDisChaGra_SF', 'rw'],
  ['StorCtl_Mod', 'bitfield16', '', '', 'rw'],
  ['VAChaMax', 'uint16', 'VA', 'VAChaMax_SF', 'rw'],
  ['MinRsvPct', 'uint16', '%', 'MinRsvPct_SF', 'rw'],
  ['ChaState', 'uint16', '%', 'ChaState_SF'],
  ['StorAval', 'uint16', 'AH', 'StorAval_SF'],
  ['InBatV', 'uint16', 'V', 'InBatV_SF'],
  ['ChaSt', 'enum16'],
  ['OutWRte', 'int16', '% WChaMax', 'InOutWRte_SF', 'rw'],
  ['InWRte', 'int16', '% WChaMax', 'InOutWRte_SF', 'rw'],
  ['InOutWRte_WinTms', 'uint16', 's', '', 'rw'],
  ['InOutWRte_RvrtTms', 'uint16', 's', '', 'rw'],
  ['InOutWRte_RmpTms', 'uint16', 's', '', 'rw'],
  ['ChaGriSet', 'enum16', '', '', 'rw'],
  ['WChaMax_SF', 'sunssf'],
  ['WChaDisChaGra_SF', 'sunssf'],
  ['VAChaMax_SF', 'sunssf'],
  ['MinRsvPct_SF', 'sunssf'],
  ['ChaState_SF', 'sunssf'],
  ['StorAval_SF', 'sunssf'],
  ['InBatV_SF', 'sunssf'],
  ['InOutWRte_SF', 'sunssf'],
]);
