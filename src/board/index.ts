/**
 * board — what one kind of gateway has: watchdog lines, inputs, serial ports, key storage.
 *
 * Decides: whether a `board.yaml` is well formed, and which line and input of the site file hangs
 * where. Must never: open anything, or guess a device that the file does not name.
 * Terms: *back end* = how an edge gets out or a contact comes in: `watchdog:DEVICE[,FEEDBACK]`,
 * `gpio:PROGRAM:CHIP:OFFSET[,FEEDBACK]`, `emulated:FILE`; inputs: `gpio-in:PROGRAM:CHIP:OFFSET...`,
 * `gpio-value:FILE`, `emulated:FILE`. FEEDBACK is a `gpio-in:` or a value file of the kernel.
 */
export {
  type Board,
  type BoardFinding,
  type BoardInput,
  type BoardLine,
  decodeBoard,
} from './decode';
export { splitFeedback } from './backEnds';
export { type GpioIn, gpioInWords, isGpioIn, readGpioIn } from './gpioIn';
export { type BoardLines, linesFor } from './lines';
