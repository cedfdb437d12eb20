// Any battery that shows SunSpec model 802: power (+ = discharge) and state of charge. Nothing is written: makers differ in
// what they accept there.
import type { DeviceDescription } from '../description.ts';
import { sunspecBlock } from '../sunspec-models.ts';

const battery = sunspecBlock(802, 'battery');
const from = (point: string, times = 1) => ({ block: 'battery', point, times });

export const sunspecBattery802: DeviceDescription = {
  id: 'sunspec-battery-802',
  vendor: 'SunSpec',
  model: 'Battery (model 802)',
  kind: 'battery',
  transports: ['tcp', 'rtu'],
  defaultUnit: 1,
  maxRegisters: 125,
  gapMs: 0,
  sources: [
    {
      title: 'SunSpec model 802 (Apache-2.0)',
      url: 'https://github.com/sunspec/models/blob/master/json/model_802.json',
    },
    {
      title: 'evcc, template kostal-plenticore-gen2: W (+ = discharge) and SoC of 802 (MIT)',
      url: 'https://github.com/evcc-io/evcc/blob/master/templates/definition/meter/kostal-plenticore-gen2.yaml',
    },
  ],
  confirmed: true,
  blocks: [battery],
  reading: {
    powerW: from('W'),
    socPerMille: from('SoC', 10),
    capacityWh: from('WHRtg'),
    maxChargeW: from('WChaRteMax'),
    maxDischargeW: from('WDisChaRteMax'),
  },
};
