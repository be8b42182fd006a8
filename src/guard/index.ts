/**
 * guard — the one door to the wire: every outgoing Modbus PDU and every charging profile is judged
 * here, deny by default, our own code included.
 *
 * Decides: allow or deny, with a closed reason and the rule's name. Must never: change a frame,
 * acknowledge a denied one, or learn by itself. Rules are generated from the device profiles and
 * the
 * signed site file; a normal site needs none by hand.
 * Source: SECURITY.md "Processes", INV-3; MODBUS Application Protocol V1.1b3 for the codes.
 */
export {
  compileRules,
  type GuardedDevice,
  type ModbusRule,
  type ModbusRules,
  MODBUS_DENY_REASONS,
  type ModbusDenyReason,
} from './modbusRules';
export {
  CONSOLE_SOURCE,
  type ModbusQuestion,
  type ModbusVerdict,
  ModbusGuard,
} from './modbusGuard';
