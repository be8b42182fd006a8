/**
 * alarm — one catalogue of everything that can be wrong, raised and cleared as state.
 *
 * Decides: which alarms are active, from the conditions a cycle found true. Must never: be an event
 * stream that somebody has to clear by hand, or hold a number that changes a limit.
 * Terms: *condition* (true now, with a subject), *alarm* (a condition with its history).
 */
export { CATALOGUE, type AlarmId, type AlarmEntry, type Severity } from './catalogue';
export {
  type ActiveAlarm,
  type AlarmChange,
  type AlarmState,
  type Condition,
  NO_ALARMS,
  nextAlarms,
} from './alarmState';
