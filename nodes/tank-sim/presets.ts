/** The physical side of a tank, as the form asks for it: watts, litres, degC, seconds. */
export interface TankParameters {
  /** the full tank; its heat capacity is that of so much water, whatever the level */
  readonly litres: number;
  readonly heaterWatts: number;
  readonly coolerWatts: number;
  readonly lossWattsPerKelvin: number;
  /** mean of the day and half the daily swing, degC */
  readonly ambient: number;
  readonly ambientSwing: number;
  readonly startTemperature: number;
  /** from heater or cooler to the water at the probe */
  readonly deadTimeSeconds: number;
  readonly lampLux: number;
  readonly daylightLux: number;
  readonly startHumidity: number;
  readonly stillHumidity: number;
  readonly pumpHumidity: number;
  readonly humiditySeconds: number;
  readonly startPh: number;
  /** where pH goes with the pump off (CO2 gathers) and on (CO2 is driven out), and how fast */
  readonly stillPh: number;
  readonly stillPhSeconds: number;
  readonly pumpPh: number;
  readonly pumpPhSeconds: number;
  /** % of the full tank */
  readonly startLevel: number;
  readonly inflowLitresPerMinute: number;
  readonly outflowLitresPerMinute: number;
  /** the probe's time constant in mixed water (pump on) and in still water */
  readonly sensorLagSeconds: number;
  readonly stillLagSeconds: number;
  readonly sensorOffset: number;
  /** standard deviation of the temperature reading, degC */
  readonly noise: number;
  /** resolution of the temperature reading, degC; 0: none */
  readonly quantum: number;
}

const water = {
  startHumidity: 50,
  stillHumidity: 45,
  pumpHumidity: 75,
  humiditySeconds: 1800,
  startPh: 7.1,
  stillPh: 6,
  stillPhSeconds: 21_600,
  pumpPh: 7.2,
  pumpPhSeconds: 1800,
  startLevel: 90,
  sensorOffset: 0,
  quantum: 0.01,
} as const;

/**
 * Ready-made tanks.
 * - fish-tank: 200 W against 8 W/K is 25 degC above the room at most; 24 to 26 degC in a room of 18 to 22 degC takes
 *   the heater a fifth of the time, and 1 degC takes about 45 minutes. Without aeration pH leaves 6.8 within 3 hours.
 * - fermenter: 25 l of wort with a heating belt and a cooler, in a cellar; the pump is the stirrer.
 * - bioreactor: 10 l jacketed vessel for 37 degC; the pump is air and stirrer.
 * - classroom: the parameters of the original simulator, 0.1 degC/s and 0.01 /s; in watts this tank is absurd.
 */
export const presets = {
  'fish-tank': {
    ...water,
    litres: 100,
    heaterWatts: 200,
    coolerWatts: 0,
    lossWattsPerKelvin: 8,
    ambient: 20,
    ambientSwing: 2,
    startTemperature: 23,
    deadTimeSeconds: 30,
    lampLux: 600,
    daylightLux: 300,
    inflowLitresPerMinute: 2,
    outflowLitresPerMinute: 2,
    sensorLagSeconds: 20,
    stillLagSeconds: 40,
    noise: 0.02,
  },
  fermenter: {
    ...water,
    litres: 25,
    heaterWatts: 60,
    coolerWatts: 80,
    lossWattsPerKelvin: 1.5,
    ambient: 16,
    ambientSwing: 2,
    startTemperature: 18,
    deadTimeSeconds: 60,
    lampLux: 100,
    daylightLux: 0,
    startPh: 5.3,
    stillPh: 4.2,
    stillPhSeconds: 172_800,
    pumpPh: 5.4,
    pumpPhSeconds: 14_400,
    inflowLitresPerMinute: 1,
    outflowLitresPerMinute: 1,
    sensorLagSeconds: 30,
    stillLagSeconds: 180,
    noise: 0.02,
  },
  bioreactor: {
    ...water,
    litres: 10,
    heaterWatts: 150,
    coolerWatts: 60,
    lossWattsPerKelvin: 2,
    ambient: 21,
    ambientSwing: 1,
    startTemperature: 21,
    deadTimeSeconds: 10,
    lampLux: 200,
    daylightLux: 0,
    stillPh: 6.4,
    stillPhSeconds: 10_800,
    pumpPhSeconds: 900,
    inflowLitresPerMinute: 0.5,
    outflowLitresPerMinute: 0.5,
    sensorLagSeconds: 10,
    stillLagSeconds: 60,
    noise: 0.02,
  },
  classroom: {
    ...water,
    litres: 20,
    heaterWatts: 8372,
    coolerWatts: 0,
    lossWattsPerKelvin: 837.2,
    ambient: 10,
    ambientSwing: 0,
    startTemperature: 15,
    deadTimeSeconds: 0,
    lampLux: 1.8,
    daylightLux: 0,
    startHumidity: 1.85,
    stillHumidity: 0,
    pumpHumidity: 100,
    humiditySeconds: 1000,
    startLevel: 75,
    inflowLitresPerMinute: 2,
    outflowLitresPerMinute: 2,
    sensorLagSeconds: 0,
    stillLagSeconds: 0,
    noise: 0,
  },
} as const satisfies Record<string, TankParameters>;

export type Preset = keyof typeof presets;
