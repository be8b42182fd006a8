import type { OcppProtocol } from '../../ocpp';

type Listed = Exclude<OcppProtocol, 'ocpp2.1'>;

/** Every action a station may send, per version (OCPP 1.6 with the security extension, 2.0.1). */
const FROM_STATION: Readonly<Record<Listed, readonly string[]>> = {
  'ocpp1.6': [
    'Authorize',
    'BootNotification',
    'DataTransfer',
    'DiagnosticsStatusNotification',
    'FirmwareStatusNotification',
    'Heartbeat',
    'LogStatusNotification',
    'MeterValues',
    'SecurityEventNotification',
    'SignCertificate',
    'SignedFirmwareStatusNotification',
    'StartTransaction',
    'StatusNotification',
    'StopTransaction',
  ],
  'ocpp2.0.1': [
    'Authorize',
    'BootNotification',
    'ClearedChargingLimit',
    'DataTransfer',
    'FirmwareStatusNotification',
    'Get15118EVCertificate',
    'GetCertificateStatus',
    'Heartbeat',
    'LogStatusNotification',
    'MeterValues',
    'NotifyChargingLimit',
    'NotifyCustomerInformation',
    'NotifyDisplayMessages',
    'NotifyEVChargingNeeds',
    'NotifyEVChargingSchedule',
    'NotifyEvent',
    'NotifyMonitoringReport',
    'NotifyReport',
    'PublishFirmwareStatusNotification',
    'ReportChargingProfiles',
    'ReservationStatusUpdate',
    'SecurityEventNotification',
    'SignCertificate',
    'StatusNotification',
    'TransactionEvent',
  ],
};

/**
 * What a station may say before its boot is accepted because a CPMS that answered `Pending` asked
 * for it, by trigger or report (1.6, 4.2; 2.0.1, B02). Without it such a CPMS never accepts.
 */
export const ASKED_WHILE_PENDING: ReadonlySet<string> = new Set([
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'LogStatusNotification',
  'MeterValues',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'NotifyMonitoringReport',
  'NotifyReport',
  'PublishFirmwareStatusNotification',
  'ReportChargingProfiles',
  'SecurityEventNotification',
  'SignCertificate',
  'SignedFirmwareStatusNotification',
  'StatusNotification',
  'TransactionEvent',
]);

/** Actions of a CPMS that pass when their own rule, if any, is met. */
const FROM_CPMS: Readonly<Record<Listed, readonly string[]>> = {
  'ocpp1.6': [
    'CancelReservation',
    'CertificateSigned',
    'ChangeAvailability',
    'ChangeConfiguration',
    'ClearCache',
    'ClearChargingProfile',
    'DataTransfer',
    'DeleteCertificate',
    'ExtendedTriggerMessage',
    'GetCompositeSchedule',
    'GetConfiguration',
    'GetDiagnostics',
    'GetInstalledCertificateIds',
    'GetLocalListVersion',
    'GetLog',
    'InstallCertificate',
    'RemoteStartTransaction',
    'RemoteStopTransaction',
    'ReserveNow',
    'Reset',
    'SendLocalList',
    'SetChargingProfile',
    'SignedUpdateFirmware',
    'TriggerMessage',
    'UnlockConnector',
    'UpdateFirmware',
  ],
  'ocpp2.0.1': [
    'CancelReservation',
    'CertificateSigned',
    'ChangeAvailability',
    'ClearCache',
    'ClearChargingProfile',
    'ClearDisplayMessage',
    'ClearVariableMonitoring',
    'CostUpdated',
    'CustomerInformation',
    'DataTransfer',
    'DeleteCertificate',
    'GetBaseReport',
    'GetChargingProfiles',
    'GetCompositeSchedule',
    'GetDisplayMessages',
    'GetInstalledCertificateIds',
    'GetLocalListVersion',
    'GetLog',
    'GetMonitoringReport',
    'GetReport',
    'GetTransactionStatus',
    'GetVariables',
    'InstallCertificate',
    'PublishFirmware',
    'RequestStartTransaction',
    'RequestStopTransaction',
    'ReserveNow',
    'Reset',
    'SendLocalList',
    'SetChargingProfile',
    'SetDisplayMessage',
    'SetMonitoringBase',
    'SetMonitoringLevel',
    'SetNetworkProfile',
    'SetVariableMonitoring',
    'SetVariables',
    'TriggerMessage',
    'UnlockConnector',
    'UnpublishFirmware',
    'UpdateFirmware',
  ],
};

/** What 2.1 has beyond 2.0.1 is unknown here, and so refused. */
const sets = (lists: Readonly<Record<Listed, readonly string[]>>) => ({
  'ocpp1.6': new Set(lists['ocpp1.6']),
  'ocpp2.0.1': new Set(lists['ocpp2.0.1']),
  'ocpp2.1': new Set(lists['ocpp2.0.1']),
});

export const STATION_ACTIONS: Readonly<Record<OcppProtocol, ReadonlySet<string>>> =
  sets(FROM_STATION);
export const CPMS_ACTIONS: Readonly<Record<OcppProtocol, ReadonlySet<string>>> = sets(FROM_CPMS);

/** Actions whose own answer has a status "Rejected"; the others are refused by an OCPP error. */
export const REJECTABLE: ReadonlySet<string> = new Set([
  'ChangeAvailability',
  'ChangeConfiguration',
  'DataTransfer',
  'GetLog',
  'InstallCertificate',
  'RemoteStartTransaction',
  'RequestStartTransaction',
  'Reset',
  'SetChargingProfile',
  'SetNetworkProfile',
  'SignedUpdateFirmware',
]);

/**
 * Variables a CPMS may set, with their range. 1.6 keys and 2.0.1 `Component.Variable`. What
 * disables smart charging, credentials, security profile, network, heartbeat or offline behaviour
 * is not in here.
 */
export const VARIABLES: ReadonlyMap<string, readonly [min: number, max: number] | 'any'> = new Map<
  string,
  readonly [number, number] | 'any'
>([
  ['BlinkRepeat', [0, 100]],
  ['LightIntensity', [0, 100]],
  ['ConnectionTimeOut', [10, 600]],
  ['ClockAlignedDataInterval', [0, 86_400]],
  ['MeterValuesAlignedData', 'any'],
  ['MeterValuesSampledData', 'any'],
  ['StopTxnAlignedData', 'any'],
  ['StopTxnSampledData', 'any'],
  ['MeterValueSampleInterval', [1, 60]],
  ['MinimumStatusDuration', [0, 60]],
  ['TransactionMessageAttempts', [3, 100]],
  ['TransactionMessageRetryInterval', [1, 3_600]],
  ['AlignedDataCtrlr.Interval', [0, 86_400]],
  ['AlignedDataCtrlr.Measurands', 'any'],
  ['SampledDataCtrlr.TxUpdatedInterval', [1, 60]],
  ['SampledDataCtrlr.TxUpdatedMeasurands', 'any'],
  ['SampledDataCtrlr.TxStartedMeasurands', 'any'],
  ['SampledDataCtrlr.TxEndedMeasurands', 'any'],
  ['TxCtrlr.EVConnectionTimeOut', [10, 600]],
]);

/** Never settable, whatever the policy adds: they would undo a protection. */
export const FORBIDDEN_VARIABLES: ReadonlySet<string> = new Set([
  'AuthorizationKey',
  'SecurityProfile',
  'CpoName',
  'CentralSystemRootCertificate',
  'AdditionalRootCertificateCheck',
  'ChargeProfileMaxStackLevel',
  'SmartChargingEnabled',
  'HeartbeatInterval',
  'WebSocketPingInterval',
  'AllowOfflineTxForUnknownId',
  'LocalAuthorizeOffline',
  'StopTransactionOnInvalidId',
  'SecurityCtrlr.BasicAuthPassword',
  'SecurityCtrlr.SecurityProfile',
  'SecurityCtrlr.Identity',
  'OCPPCommCtrlr.NetworkConfigurationPriority',
  'OCPPCommCtrlr.HeartbeatInterval',
  'OCPPCommCtrlr.OfflineThreshold',
  'SmartChargingCtrlr.Enabled',
  'SmartChargingCtrlr.LimitChangeSignificance',
  'ClockCtrlr.DateTime',
  'ClockCtrlr.TimeSource',
]);
