/**
 * sim/demo — the simulated site on real protocols: emulated RS-485 bytes at 19200 baud, stations
 * over
 * WebSocket, an MQTT broker; live in a terminal or headless.
 */
export { openDemo, type DemoOptions, type DemoSite } from './demoSite';
export { renderScreen, type ScreenInput } from './screen';
