// Every device the project knows, by id.
import type { DeviceDescription } from '../description.ts';
import { abbB21 } from './abb-b21.ts';
import { abbB23 } from './abb-b23.ts';
import { alphaEss, alphaEssMeter } from './alpha-ess.ts';
import { ankerSolixSolarbank, ankerSolixX1 } from './anker-solix.ts';
import { berneckerMpm3pm } from './bernecker-mpm3pm.ts';
import { bgDs100 } from './bg-ds100.ts';
import { bgWs100 } from './bg-ws100.ts';
import { carloGavazziEm24 } from './carlo-gavazzi-em24.ts';
import { carloGavazziEm24E1 } from './carlo-gavazzi-em24-e1.ts';
import { carloGavazziEm112 } from './carlo-gavazzi-em112.ts';
import { carloGavazziEm340 } from './carlo-gavazzi-em340.ts';
import { chintDtsu666 } from './chint-dtsu666.ts';
import { ddm18sd } from './ddm18sd.ts';
import { deye } from './deye.ts';
import { dzgDvh4013 } from './dzg-dvh4013.ts';
import { e3dc, e3dcBattery, e3dcMeter } from './e3dc.ts';
import { eastronSdm54 } from './eastron-sdm54.ts';
import { eastronSdm72 } from './eastron-sdm72.ts';
import { eastronSdm72v2 } from './eastron-sdm72v2.ts';
import { eastronSdm120 } from './eastron-sdm120.ts';
import { eastronSdm220 } from './eastron-sdm220.ts';
import { eastronSdm230 } from './eastron-sdm230.ts';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { eastronX961a } from './eastron-x96-1a.ts';
import { eltakoDsz15 } from './eltako-dsz15.ts';
import { feneconFems, feneconFemsBattery, feneconFemsMeter } from './fenecon-fems.ts';
import { finder7m24 } from './finder-7m24.ts';
import { finder7m38 } from './finder-7m38.ts';
import { foxessH3, foxessH3Battery, foxessH3Meter } from './foxess-h3.ts';
import { froniusGen24, froniusGen24Battery, froniusGen24Meter } from './fronius-gen24.ts';
import { goodweEt, goodweEtBattery, goodweEtMeter } from './goodwe-et.ts';
import { growatt, growattBattery, growattMeter, growattTlx, growattTlxBattery, growattTlxMeter } from './growatt.ts';
import { huaweiSun2000, huaweiSun2000Battery, huaweiSun2000Meter } from './huawei-sun2000.ts';
import { ineproPro380 } from './inepro-pro380.ts';
import { janitzaB23 } from './janitza-b23.ts';
import { janitzaUmg96 } from './janitza-umg96.ts';
import { kostalPlenticore, kostalPlenticoreBattery, kostalPlenticoreMeter } from './kostal-plenticore.ts';
import { lovatoDmg610 } from './lovato-dmg610.ts';
import { marstekVenus } from './marstek-venus.ts';
import { ornoWe504 } from './orno-we504.ts';
import { ornoWe514 } from './orno-we514.ts';
import { ornoWe516 } from './orno-we516.ts';
import { ornoWe525 } from './orno-we525.ts';
import { saiaAle3 } from './saia-ale3.ts';
import { sajH2, sajH2Battery, sajH2Meter } from './saj-h2.ts';
import { schneiderIem3000 } from './schneider-iem3000.ts';
import { shellyPro3em } from './shelly-pro-3em.ts';
import { siemensPac2200 } from './siemens-pac2200.ts';
import { sigenergy, sigenergyBattery, sigenergyMeter } from './sigenergy.ts';
import { smaHybridBattery, smaHybridInverter, smaHybridMeter, smaSunnyBoyStorage } from './sma-battery.ts';
import { smaInverter } from './sma-inverter.ts';
import { sofarHyd, sofarHydMeter } from './sofar-hyd.ts';
import { solaredge, solaredgeBattery, solaredgeMeter } from './solaredge.ts';
import { solaredgeSeMtr3y } from './solaredge-se-mtr-3y.ts';
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
import { wago879 } from './wago-879.ts';

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
  abbB21,
  abbB23,
  berneckerMpm3pm,
  bgDs100,
  bgWs100,
  carloGavazziEm112,
  carloGavazziEm24,
  carloGavazziEm24E1,
  carloGavazziEm340,
  chintDtsu666,
  ddm18sd,
  dzgDvh4013,
  eastronSdm120,
  eastronSdm220,
  eastronSdm230,
  eastronSdm54,
  eastronSdm72,
  eastronSdm72v2,
  eastronX961a,
  eltakoDsz15,
  finder7m24,
  finder7m38,
  ineproPro380,
  janitzaB23,
  janitzaUmg96,
  lovatoDmg610,
  ornoWe504,
  ornoWe514,
  ornoWe516,
  ornoWe525,
  saiaAle3,
  schneiderIem3000,
  siemensPac2200,
  solaredgeSeMtr3y,
  wago879,
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
