// SunSpec distributed energy resources after IEEE 1547-2018 (701 to 714). W is + when it generates or discharges.
// Figures of sunspec/models (json/, Apache-2.0), in register order; every model starts with its id and its length.
import type { ModelTable } from '../sunspec-model.ts';

/** Model 701: AC measurement. */
export const derMeasureAc: ModelTable = {
  ids: [701],
  name: 'measureAc',
  rows: [
    ['ACType', 'enum16'],
    ['St', 'enum16'],
    ['InvSt', 'enum16'],
    ['ConnSt', 'enum16'],
    ['Alrm', 'bitfield32'],
    ['DERMode', 'bitfield32'],
    ['W', 'int16', 'W', 'W_SF'],
    ['VA', 'int16', 'VA', 'VA_SF'],
    ['Var', 'int16', 'Var', 'Var_SF'],
    ['PF', 'int16', '', 'PF_SF'],
    ['A', 'int16', 'A', 'A_SF'],
    ['LLV', 'uint16', 'V', 'V_SF'],
    ['LNV', 'uint16', 'V', 'V_SF'],
    ['Hz', 'uint32', 'Hz', 'Hz_SF'],
    ['TotWhInj', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotWhAbs', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotVarhInj', 'uint64', 'Varh', 'TotVarh_SF'],
    ['TotVarhAbs', 'uint64', 'Varh', 'TotVarh_SF'],
    ['TmpAmb', 'int16', 'C', 'Tmp_SF'],
    ['TmpCab', 'int16', 'C', 'Tmp_SF'],
    ['TmpSnk', 'int16', 'C', 'Tmp_SF'],
    ['TmpTrns', 'int16', 'C', 'Tmp_SF'],
    ['TmpSw', 'int16', 'C', 'Tmp_SF'],
    ['TmpOt', 'int16', 'C', 'Tmp_SF'],
    ['WL1', 'int16', 'W', 'W_SF'],
    ['VAL1', 'int16', 'VA', 'VA_SF'],
    ['VarL1', 'int16', 'Var', 'Var_SF'],
    ['PFL1', 'int16', '', 'PF_SF'],
    ['AL1', 'int16', 'A', 'A_SF'],
    ['VL1L2', 'uint16', 'V', 'V_SF'],
    ['VL1', 'uint16', 'V', 'V_SF'],
    ['TotWhInjL1', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotWhAbsL1', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotVarhInjL1', 'uint64', 'Varh', 'TotVarh_SF'],
    ['TotVarhAbsL1', 'uint64', 'Varh', 'TotVarh_SF'],
    ['WL2', 'int16', 'W', 'W_SF'],
    ['VAL2', 'int16', 'VA', 'VA_SF'],
    ['VarL2', 'int16', 'Var', 'Var_SF'],
    ['PFL2', 'int16', '', 'PF_SF'],
    ['AL2', 'int16', 'A', 'A_SF'],
    ['VL2L3', 'uint16', 'V', 'V_SF'],
    ['VL2', 'uint16', 'V', 'V_SF'],
    ['TotWhInjL2', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotWhAbsL2', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotVarhInjL2', 'uint64', 'Varh', 'TotVarh_SF'],
    ['TotVarhAbsL2', 'uint64', 'Varh', 'TotVarh_SF'],
    ['WL3', 'int16', 'W', 'W_SF'],
    ['VAL3', 'int16', 'VA', 'VA_SF'],
    ['VarL3', 'int16', 'Var', 'Var_SF'],
    ['PFL3', 'int16', '', 'PF_SF'],
    ['AL3', 'int16', 'A', 'A_SF'],
    ['VL3L1', 'uint16', 'V', 'V_SF'],
    ['VL3', 'uint16', 'V', 'V_SF'],
    ['TotWhInjL3', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotWhAbsL3', 'uint64', 'Wh', 'TotWh_SF'],
    ['TotVarhInjL3', 'uint64', 'Varh', 'TotVarh_SF'],
    ['TotVarhAbsL3', 'uint64', 'Varh', 'TotVarh_SF'],
    ['ThrotPct', 'uint16', '%'],
    ['ThrotSrc', 'bitfield32'],
    ['A_SF', 'sunssf'],
    ['V_SF', 'sunssf'],
    ['Hz_SF', 'sunssf'],
    ['W_SF', 'sunssf'],
    ['PF_SF', 'sunssf'],
    ['VA_SF', 'sunssf'],
    ['Var_SF', 'sunssf'],
    ['TotWh_SF', 'sunssf'],
    ['TotVarh_SF', 'sunssf'],
    ['Tmp_SF', 'sunssf'],
    ['MnAlrmInfo', 'string:32'],
  ],
};

/** Model 702: ratings. */
export const derCapacity: ModelTable = {
  ids: [702],
  name: 'capacity',
  rows: [
    ['WMaxRtg', 'uint16', 'W', 'W_SF'],
    ['WOvrExtRtg', 'uint16', 'W', 'W_SF'],
    ['WOvrExtRtgPF', 'uint16', '', 'PF_SF'],
    ['WUndExtRtg', 'uint16', 'W', 'W_SF'],
    ['WUndExtRtgPF', 'uint16', '', 'PF_SF'],
    ['VAMaxRtg', 'uint16', 'VA', 'VA_SF'],
    ['VarMaxInjRtg', 'uint16', 'Var', 'Var_SF'],
    ['VarMaxAbsRtg', 'uint16', 'Var', 'Var_SF'],
    ['WChaRteMaxRtg', 'uint16', 'W', 'W_SF'],
    ['WDisChaRteMaxRtg', 'uint16', 'W', 'W_SF'],
    ['VAChaRteMaxRtg', 'uint16', 'VA', 'VA_SF'],
    ['VADisChaRteMaxRtg', 'uint16', 'VA', 'VA_SF'],
    ['VNomRtg', 'uint16', 'V', 'V_SF'],
    ['VMaxRtg', 'uint16', 'V', 'V_SF'],
    ['VMinRtg', 'uint16', 'V', 'V_SF'],
    ['AMaxRtg', 'uint16', 'A', 'A_SF'],
    ['PFOvrExtRtg', 'uint16', '', 'PF_SF'],
    ['PFUndExtRtg', 'uint16', '', 'PF_SF'],
    ['ReactSusceptRtg', 'uint16', 'S', 'S_SF'],
    ['NorOpCatRtg', 'enum16'],
    ['AbnOpCatRtg', 'enum16'],
    ['CtrlModes', 'bitfield32'],
    ['IntIslandCatRtg', 'bitfield16'],
    ['WMax', 'uint16', 'W', 'W_SF', 'rw'],
    ['WMaxOvrExt', 'uint16', 'W', 'W_SF', 'rw'],
    ['WOvrExtPF', 'uint16', '', 'PF_SF', 'rw'],
    ['WMaxUndExt', 'uint16', 'W', 'W_SF', 'rw'],
    ['WUndExtPF', 'uint16', '', 'PF_SF', 'rw'],
    ['VAMax', 'uint16', 'VA', 'VA_SF', 'rw'],
    ['VarMaxInj', 'uint16', 'Var', 'Var_SF', 'rw'],
    ['VarMaxAbs', 'uint16', 'Var', 'Var_SF', 'rw'],
    ['WChaRteMax', 'uint16', 'W', 'W_SF', 'rw'],
    ['WDisChaRteMax', 'uint16', 'W', 'W_SF', 'rw'],
    ['VAChaRteMax', 'uint16', 'VA', 'VA_SF', 'rw'],
    ['VADisChaRteMax', 'uint16', 'VA', 'VA_SF', 'rw'],
    ['VNom', 'uint16', 'V', 'V_SF', 'rw'],
    ['VMax', 'uint16', 'V', 'V_SF', 'rw'],
    ['VMin', 'uint16', 'V', 'V_SF', 'rw'],
    ['AMax', 'uint16', 'A', 'A_SF', 'rw'],
    ['PFOvrExt', 'uint16', '', 'PF_SF', 'rw'],
    ['PFUndExt', 'uint16', '', 'PF_SF', 'rw'],
    ['IntIslandCat', 'bitfield16', '', '', 'rw'],
    ['W_SF', 'sunssf'],
    ['PF_SF', 'sunssf'],
    ['VA_SF', 'sunssf'],
    ['Var_SF', 'sunssf'],
    ['V_SF', 'sunssf'],
    ['A_SF', 'sunssf'],
    ['S_SF', 'sunssf'],
  ],
};

/** Model 703: enter service. */
export const derEnterService: ModelTable = {
  ids: [703],
  name: 'enterService',
  rows: [
    ['ES', 'enum16', '', '', 'rw'],
    ['ESVHi', 'uint16', '%', 'V_SF', 'rw'],
    ['ESVLo', 'uint16', '%', 'V_SF', 'rw'],
    ['ESHzHi', 'uint32', 'Hz', 'Hz_SF', 'rw'],
    ['ESHzLo', 'uint32', 'Hz', 'Hz_SF', 'rw'],
    ['ESDlyTms', 'uint32', 'Secs', '', 'rw'],
    ['ESRndTms', 'uint32', 'Secs', '', 'rw'],
    ['ESRmpTms', 'uint32', 'Secs', '', 'rw'],
    ['ESDlyRemTms', 'uint32', 'Secs'],
    ['V_SF', 'sunssf'],
    ['Hz_SF', 'sunssf'],
  ],
};

/** Model 704: AC controls. */
export const derControl: ModelTable = {
  ids: [704],
  name: 'control',
  rows: [
    ['PFWInjEna', 'enum16', '', '', 'rw'],
    ['PFWInjEnaRvrt', 'enum16', '', '', 'rw'],
    ['PFWInjRvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['PFWInjRvrtRem', 'uint32', 'Secs'],
    ['PFWAbsEna', 'enum16', '', '', 'rw'],
    ['PFWAbsEnaRvrt', 'enum16', '', '', 'rw'],
    ['PFWAbsRvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['PFWAbsRvrtRem', 'uint32', 'Secs'],
    ['WMaxLimPctEna', 'enum16', '', '', 'rw'],
    ['WMaxLimPct', 'uint16', '%', 'WMaxLimPct_SF', 'rw'],
    ['WMaxLimPctRvrt', 'uint16', '%', 'WMaxLimPct_SF', 'rw'],
    ['WMaxLimPctEnaRvrt', 'enum16', '', '', 'rw'],
    ['WMaxLimPctRvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['WMaxLimPctRvrtRem', 'uint32', 'Secs'],
    ['WSetEna', 'enum16', '', '', 'rw'],
    ['WSetMod', 'enum16', '', '', 'rw'],
    ['WSet', 'int32', 'W', 'WSet_SF', 'rw'],
    ['WSetRvrt', 'int32', 'W', 'WSet_SF', 'rw'],
    ['WSetPct', 'int16', '%', 'WSetPct_SF', 'rw'],
    ['WSetPctRvrt', 'int16', '%', 'WSetPct_SF', 'rw'],
    ['WSetEnaRvrt', 'enum16', '', '', 'rw'],
    ['WSetRvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['WSetRvrtRem', 'uint32', 'Secs'],
    ['VarSetEna', 'enum16', '', '', 'rw'],
    ['VarSetMod', 'enum16', '', '', 'rw'],
    ['VarSetPri', 'enum16', '', '', 'rw'],
    ['VarSet', 'int32', 'Var', 'VarSet_SF', 'rw'],
    ['VarSetRvrt', 'int32', 'Var', 'VarSet_SF', 'rw'],
    ['VarSetPct', 'int16', '%', 'VarSetPct_SF', 'rw'],
    ['VarSetPctRvrt', 'int16', '%', 'VarSetPct_SF', 'rw'],
    ['VarSetEnaRvrt', 'enum16', '', '', 'rw'],
    ['VarSetRvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['VarSetRvrtRem', 'uint32', 'Secs'],
    ['WRmp', 'uint16', '%Max/Sec', '', 'rw'],
    ['WRmpRef', 'enum16', '', '', 'rw'],
    ['VarRmp', 'uint16', '%Max/Sec', '', 'rw'],
    ['AntiIslEna', 'enum16', '', '', 'rw'],
    ['PF_SF', 'sunssf'],
    ['WMaxLimPct_SF', 'sunssf'],
    ['WSet_SF', 'sunssf'],
    ['WSetPct_SF', 'sunssf'],
    ['VarSet_SF', 'sunssf'],
    ['VarSetPct_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'PFWInj',
      count: null,
      rows: [
        ['PF', 'uint16', '', 'PF_SF', 'rw'],
        ['Ext', 'enum16', '', '', 'rw'],
      ],
    },
    {
      name: 'PFWInjRvrt',
      count: null,
      rows: [
        ['PF', 'uint16', '', 'PF_SF', 'rw'],
        ['Ext', 'enum16', '', '', 'rw'],
      ],
    },
    {
      name: 'PFWAbs',
      count: null,
      rows: [
        ['PF', 'uint16', '', 'PF_SF', 'rw'],
        ['Ext', 'enum16', '', '', 'rw'],
      ],
    },
    {
      name: 'PFWAbsRvrt',
      count: null,
      rows: [
        ['PF', 'uint16', '', 'PF_SF', 'rw'],
        ['Ext', 'enum16', '', '', 'rw'],
      ],
    },
  ],
};

/** Model 705: volt-var curves. */
export const derVoltVar: ModelTable = {
  ids: [705],
  name: 'voltVar',
  rows: [
    ['Ena', 'enum16', '', '', 'rw'],
    ['AdptCrvReq', 'uint16', '', '', 'rw'],
    ['AdptCrvRslt', 'enum16'],
    ['NPt', 'uint16'],
    ['NCrv', 'uint16'],
    ['RvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['RvrtRem', 'uint32', 'Secs'],
    ['RvrtCrv', 'uint16', '', '', 'rw'],
    ['V_SF', 'sunssf'],
    ['DeptRef_SF', 'sunssf'],
    ['RspTms_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Crv',
      count: 'NCrv',
      rows: [
        ['ActPt', 'uint16', '', '', 'rw'],
        ['DeptRef', 'enum16', '', '', 'rw'],
        ['Pri', 'enum16', '', '', 'rw'],
        ['VRef', 'uint16', 'VNomPct', 'V_SF', 'rw'],
        ['VRefAuto', 'uint16', 'VNomPct', 'V_SF'],
        ['VRefAutoEna', 'enum16', '', '', 'rw'],
        ['VRefAutoTms', 'uint16', 'Secs', '', 'rw'],
        ['RspTms', 'uint32', 'Secs', 'RspTms_SF', 'rw'],
        ['ReadOnly', 'enum16'],
      ],
      groups: [
        {
          name: 'Pt',
          count: 'NPt',
          rows: [
            ['V', 'uint16', 'VNomPct', 'V_SF', 'rw'],
            ['Var', 'int16', 'DeptRef', 'DeptRef_SF', 'rw'],
          ],
        },
      ],
    },
  ],
};

/** Model 706: volt-watt curves. */
export const derVoltWatt: ModelTable = {
  ids: [706],
  name: 'voltWatt',
  rows: [
    ['Ena', 'enum16', '', '', 'rw'],
    ['AdptCrvReq', 'uint16', '', '', 'rw'],
    ['AdptCrvRslt', 'enum16'],
    ['NPt', 'uint16'],
    ['NCrv', 'uint16'],
    ['RvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['RvrtRem', 'uint32', 'Secs'],
    ['RvrtCrv', 'uint16', '', '', 'rw'],
    ['V_SF', 'sunssf'],
    ['DeptRef_SF', 'sunssf'],
    ['RspTms_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Crv',
      count: 'NCrv',
      rows: [
        ['ActPt', 'uint16', '', '', 'rw'],
        ['DeptRef', 'enum16', '', '', 'rw'],
        ['RspTms', 'uint32', 'Secs', 'RspTms_SF', 'rw'],
        ['ReadOnly', 'enum16'],
      ],
      groups: [
        {
          name: 'Pt',
          count: 'NPt',
          rows: [
            ['V', 'uint16', 'VNomPct', 'V_SF', 'rw'],
            ['W', 'int16', 'DeptRef', 'DeptRef_SF', 'rw'],
          ],
        },
      ],
    },
  ],
};

/** Models 707 low voltage trip, 708 high voltage trip. */
export const derTripVoltage: ModelTable = {
  ids: [707, 708],
  name: 'tripVoltage',
  rows: [
    ['Ena', 'enum16', '', '', 'rw'],
    ['AdptCrvReq', 'uint16', '', '', 'rw'],
    ['AdptCrvRslt', 'enum16'],
    ['NPt', 'uint16'],
    ['NCrvSet', 'uint16'],
    ['V_SF', 'sunssf'],
    ['Tms_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Crv',
      count: 'NCrvSet',
      rows: [['ReadOnly', 'enum16']],
      groups: [
        {
          name: 'MustTrip',
          count: null,
          rows: [['ActPt', 'uint16', '', '', 'rw']],
          groups: [
            {
              name: 'Pt',
              count: 'NPt',
              rows: [
                ['V', 'uint16', 'VNomPct', 'V_SF', 'rw'],
                ['Tms', 'uint32', 'Secs', 'Tms_SF', 'rw'],
              ],
            },
          ],
        },
        {
          name: 'MayTrip',
          count: null,
          rows: [['ActPt', 'uint16', '', '', 'rw']],
          groups: [
            {
              name: 'Pt',
              count: 'NPt',
              rows: [
                ['V', 'uint16', 'VNomPct', 'V_SF', 'rw'],
                ['Tms', 'uint32', 'Secs', 'Tms_SF', 'rw'],
              ],
            },
          ],
        },
        {
          name: 'MomCess',
          count: null,
          rows: [['ActPt', 'uint16', '', '', 'rw']],
          groups: [
            {
              name: 'Pt',
              count: 'NPt',
              rows: [
                ['V', 'uint16', 'VNomPct', 'V_SF', 'rw'],
                ['Tms', 'uint32', 'Secs', 'Tms_SF', 'rw'],
              ],
            },
          ],
        },
      ],
    },
  ],
};

/** Models 709 low frequency trip, 710 high frequency trip. */
export const derTripFrequency: ModelTable = {
  ids: [709, 710],
  name: 'tripFrequency',
  rows: [
    ['Ena', 'enum16', '', '', 'rw'],
    ['AdptCrvReq', 'uint16', '', '', 'rw'],
    ['AdptCrvRslt', 'enum16'],
    ['NPt', 'uint16'],
    ['NCrvSet', 'uint16'],
    ['Hz_SF', 'sunssf'],
    ['Tms_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Crv',
      count: 'NCrvSet',
      rows: [['ReadOnly', 'enum16']],
      groups: [
        {
          name: 'MustTrip',
          count: null,
          rows: [['ActPt', 'uint16', '', '', 'rw']],
          groups: [
            {
              name: 'Pt',
              count: 'NPt',
              rows: [
                ['Hz', 'uint32', 'Hz', 'Hz_SF', 'rw'],
                ['Tms', 'uint32', 'Secs', 'Tms_SF', 'rw'],
              ],
            },
          ],
        },
        {
          name: 'MayTrip',
          count: null,
          rows: [['ActPt', 'uint16', '', '', 'rw']],
          groups: [
            {
              name: 'Pt',
              count: 'NPt',
              rows: [
                ['Hz', 'uint32', 'Hz', 'Hz_SF', 'rw'],
                ['Tms', 'uint32', 'Secs', 'Tms_SF', 'rw'],
              ],
            },
          ],
        },
        {
          name: 'MomCess',
          count: null,
          rows: [['ActPt', 'uint16', '', '', 'rw']],
          groups: [
            {
              name: 'Pt',
              count: 'NPt',
              rows: [
                ['Hz', 'uint32', 'Hz', 'Hz_SF', 'rw'],
                ['Tms', 'uint32', 'Secs', 'Tms_SF', 'rw'],
              ],
            },
          ],
        },
      ],
    },
  ],
};

/** Model 711: frequency droop. */
export const derFrequencyDroop: ModelTable = {
  ids: [711],
  name: 'frequencyDroop',
  rows: [
    ['Ena', 'enum16', '', '', 'rw'],
    ['AdptCtlReq', 'uint16', '', '', 'rw'],
    ['AdptCtlRslt', 'enum16'],
    ['NCtl', 'uint16'],
    ['RvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['RvrtRem', 'uint32', 'Secs'],
    ['RvrtCtl', 'uint16', '', '', 'rw'],
    ['Db_SF', 'sunssf'],
    ['K_SF', 'sunssf'],
    ['RspTms_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Ctl',
      count: 'NCtl',
      rows: [
        ['DbOf', 'uint32', 'Hz', 'Db_SF', 'rw'],
        ['DbUf', 'uint32', 'Hz', 'Db_SF', 'rw'],
        ['KOf', 'uint16', '', 'K_SF', 'rw'],
        ['KUf', 'uint16', '', 'K_SF', 'rw'],
        ['RspTms', 'uint32', 'Secs', 'RspTms_SF', 'rw'],
        ['PMin', 'int16', '%', '', 'rw'],
        ['ReadOnly', 'enum16'],
      ],
    },
  ],
};

/** Model 712: watt-var curves. */
export const derWattVar: ModelTable = {
  ids: [712],
  name: 'wattVar',
  rows: [
    ['Ena', 'enum16', '', '', 'rw'],
    ['AdptCrvReq', 'uint16', '', '', 'rw'],
    ['AdptCrvRslt', 'enum16'],
    ['NPt', 'uint16'],
    ['NCrv', 'uint16'],
    ['RvrtTms', 'uint32', 'Secs', '', 'rw'],
    ['RvrtRem', 'uint32', 'Secs'],
    ['RvrtCrv', 'uint16', '', '', 'rw'],
    ['W_SF', 'sunssf'],
    ['DeptRef_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Crv',
      count: 'NCrv',
      rows: [
        ['ActPt', 'uint16', '', '', 'rw'],
        ['DeptRef', 'enum16', '', '', 'rw'],
        ['Pri', 'enum16', '', '', 'rw'],
        ['ReadOnly', 'enum16'],
      ],
      groups: [
        {
          name: 'Pt',
          count: 'NPt',
          rows: [
            ['W', 'int16', 'WMaxPct', 'W_SF', 'rw'],
            ['Var', 'int16', 'VarPct', 'DeptRef_SF', 'rw'],
          ],
        },
      ],
    },
  ],
};

/** Model 713: storage capacity. */
export const derStorageCapacity: ModelTable = {
  ids: [713],
  name: 'storageCapacity',
  rows: [
    ['WHRtg', 'uint16', 'WH', 'WH_SF'],
    ['WHAvail', 'uint16', 'WH', 'WH_SF'],
    ['SoC', 'uint16', '%', 'Pct_SF'],
    ['SoH', 'uint16', '%', 'Pct_SF'],
    ['Sta', 'enum16'],
    ['WH_SF', 'sunssf'],
    ['Pct_SF', 'sunssf'],
  ],
};

/** Model 714: DC measurement. */
export const derMeasureDc: ModelTable = {
  ids: [714],
  name: 'measureDc',
  rows: [
    ['PrtAlrms', 'bitfield32'],
    ['NPrt', 'uint16'],
    ['DCA', 'int16', 'A', 'DCA_SF'],
    ['DCW', 'int16', 'W', 'DCW_SF'],
    ['DCWhInj', 'uint64', 'Wh', 'DCWH_SF'],
    ['DCWhAbs', 'uint64', 'Wh', 'DCWH_SF'],
    ['DCA_SF', 'sunssf'],
    ['DCV_SF', 'sunssf'],
    ['DCW_SF', 'sunssf'],
    ['DCWH_SF', 'sunssf'],
    ['Tmp_SF', 'sunssf'],
  ],
  groups: [
    {
      name: 'Prt',
      count: 'NPrt',
      rows: [
        ['PrtTyp', 'enum16'],
        ['ID', 'uint16'],
        ['IDStr', 'string:8'],
        ['DCA', 'int16', 'A', 'DCA_SF'],
        ['DCV', 'uint16', 'V', 'DCV_SF'],
        ['DCW', 'int16', 'W', 'DCW_SF'],
        ['DCWhInj', 'uint64', 'Wh', 'DCWH_SF'],
        ['DCWhAbs', 'uint64', 'Wh', 'DCWH_SF'],
        ['Tmp', 'int16', 'C', 'Tmp_SF'],
        ['DCSta', 'enum16'],
        ['DCAlrm', 'bitfield32'],
      ],
    },
  ],
};
