// Every device the project knows, by id.
import type { DeviceDescription } from '../description.ts';
import { alphaEss, alphaEssMeter } from './alpha-ess.ts';
import { ankerSolixSolarbank, ankerSolixX1 } from './anker-solix.ts';
import { deye } from './deye.ts';
import { e3dc, e3dcBattery, e3dcMeter } from './e3dc.ts';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { feneconFems, feneconFemsBattery, feneconFemsMeter } from './fenecon-fems.ts';
import { foxessH3, foxessH3Battery, foxessH3Meter } from './foxess-h3.ts';
import { froniusGen24, froniusGen24Battery, froniusGen24Meter } from './fronius-gen24.ts';
import { goodweEt, goodweEtBattery, goodweEtMeter } from './goodwe-et.ts';
import { growatt, growattBattery, growattMeter, growattTlx, growattTlxBattery, growattTlxMeter } from './growatt.ts';
import { huaweiSun2000, huaweiSun2000Battery, huaweiSun2000Meter } from './huawei-sun2000.ts';
import { kostalPlenticore, kostalPlenticoreBattery, kostalPlenticoreMeter } from './kostal-plenticore.ts';
import { marstekVenus } from './marstek-venus.ts';
import { sajH2, sajH2Battery, sajH2Meter } from './saj-h2.ts';
import { shellyPro3em } from './shelly-pro-3em.ts';
import { sigenergy, sigenergyBattery, sigenergyMeter } from './sigenergy.ts';
import { smaHybridBattery, smaHybridInverter, smaHybridMeter, smaSunnyBoyStorage } from './sma-battery.ts';
import { smaInverter } from './sma-inverter.ts';
import { sofarHyd, sofarHydMeter } from './sofar-hyd.ts';
import { solaredge, solaredgeBattery, solaredgeMeter } from './solaredge.ts';
import { solaxX3, solaxX3Battery, solaxX3Meter } from './solax-x3.ts';
import { solisHybrid, solisHybridBattery, solisHybridMeter } from './solis-hybrid.ts';
import { sungrowSg, sungrowSgMeter } from './sungrow-sg.ts';
import { sungrowSh, sungrowShBattery, sungrowShMeter } from './sungrow-sh.ts';
import { sunspecBattery124 } from './sunspec-battery-124.ts';
import { sunspecBattery802 } from './sunspec-battery-802.ts';
import { sunspecDer, sunspecDerBattery } from './sunspec-der.ts';
import { sunspecInverter } from './sunspec-inverter.ts';
import { sunspecInverter103 } from './sunspec-inverter-103.ts';
import { sunspecMeter } from './sunspec-meter.ts';
import { sunspecStrings160 } from './sunspec-strings-160.ts';
import { vartaPulse, vartaPulseMeter } from './varta-pulse.ts';
import { victronGridMeter } from './victron-grid-meter.ts';
import { victronGx, victronGxBattery, victronGxMeter } from './victron-gx.ts';
import { victronMultiplus } from './victron-multiplus.ts';

export const catalogue: readonly DeviceDescription[] = [
  eastronSdm630,
  sunspecInverter,
  sunspecInverter103,
  sunspecStrings160,
  sunspecMeter,
  sunspecBattery124,
  sunspecBattery802,
  sunspecDer,
  sunspecDerBattery,
  alphaEss,
  alphaEssMeter,
  ankerSolixX1,
  ankerSolixSolarbank,
  ...deye,
  e3dc,
  e3dcMeter,
  e3dcBattery,
  feneconFems,
  feneconFemsMeter,
  feneconFemsBattery,
  foxessH3,
  foxessH3Meter,
  foxessH3Battery,
  froniusGen24,
  froniusGen24Meter,
  froniusGen24Battery,
  goodweEt,
  goodweEtMeter,
  goodweEtBattery,
  growatt,
  growattMeter,
  growattBattery,
  growattTlx,
  growattTlxMeter,
  growattTlxBattery,
  huaweiSun2000,
  huaweiSun2000Meter,
  huaweiSun2000Battery,
  kostalPlenticore,
  kostalPlenticoreMeter,
  kostalPlenticoreBattery,
  marstekVenus,
  sajH2,
  sajH2Meter,
  sajH2Battery,
  shellyPro3em,
  sigenergy,
  sigenergyMeter,
  sigenergyBattery,
  smaSunnyBoyStorage,
  smaHybridBattery,
  smaHybridInverter,
  smaHybridMeter,
  smaInverter,
  sofarHyd,
  sofarHydMeter,
  solaredge,
  solaredgeMeter,
  solaredgeBattery,
  solaxX3,
  solaxX3Meter,
  solaxX3Battery,
  solisHybrid,
  solisHybridBattery,
  solisHybridMeter,
  sungrowSg,
  sungrowSgMeter,
  sungrowSh,
  sungrowShMeter,
  sungrowShBattery,
  vartaPulse,
  vartaPulseMeter,
  victronGridMeter,
  victronGx,
  victronGxMeter,
  victronGxBattery,
  victronMultiplus,
];

/** The description of a device by its id. @throws RangeError that names the known ones */
export function deviceById(id: string): DeviceDescription {
  const found = catalogue.find((description) => description.id === id);
  if (!found) {
    const known = catalogue.map((description) => description.id).join(', ');
    throw new RangeError(`there is no device "${id}" in the catalogue; known are ${known}`);
  }
  return found;
}
