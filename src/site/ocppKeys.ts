/** The keys of `site.yaml` about OCPP: towards the stations, and towards the CPMS. */
import { bool, byDefault, list, maybe, num, object, str, word } from './schema';

const text = str(/^[ -~\u00a0-\uffff]{1,120}$/u, 'a line of text');

/** Towards the stations, and the gateway's own identity at the CPMS. */
export const ocpp = byDefault(
  object(
    {
      listen: byDefault(str(/^[0-9a-fA-F.:[\]]+:\d{1,5}$/, 'address:port'), '0.0.0.0:9000'),
      security_profile: byDefault(
        word([1, 2, 3], '1 password, 2 password over TLS, 3 certificates'),
        1,
      ),
      certificate_grace_days: byDefault(
        num('days', 0, 90, 'an expired station certificate still logs in, kept at static'),
        7,
      ),
      controller_id: byDefault(
        str(/^[A-Za-z0-9._:-]{0,48}$/, 'the gateway’s own OCPP identity at the CPMS; "" = none'),
        '',
      ),
      controller_version: byDefault(word(['1.6', '2.0.1'], 'its OCPP version'), '1.6'),
    },
    'OCPP',
  ),
  {
    listen: '0.0.0.0:9000',
    security_profile: 1,
    certificate_grace_days: 7,
    controller_id: '',
    controller_version: '1.6',
  },
);

/** The CPMS and what it may do; absent: there is none. */
export const cpms = maybe(
  object(
    {
      url: str(/^wss?:\/\/[^\s]+$/, 'a ws:// or wss:// address'),
      when_detached: byDefault(
        word(['detached', 'strict-6.3'], 'stations stay connected, or are closed'),
        'detached',
      ),
      compression: byDefault(
        bool('offer WebSocket compression to the CPMS; saves data on a mobile link'),
        false,
      ),
      unknown_tags: byDefault(
        word(['deny', 'accept'], 'tags the CPMS never spoke of, while it is away'),
        'deny',
      ),
      password_rotation: byDefault(
        word(
          ['refuse', 'gateway', 'follow'],
          'by the CPMS: refused, the gateway’s own password, or the station’s too',
        ),
        'refuse',
      ),
      provisional_ids: byDefault(bool('OCPP 1.6 transactions begin while detached'), false),
      firmware_hosts: byDefault(list(text, 16, 'hosts firmware may come from'), []),
      log_hosts: byDefault(list(text, 16, 'hosts logs may go to'), []),
      data_transfer_vendors: byDefault(list(text, 32, 'vendor ids that pass'), []),
    },
    'the CPO’s charging point management system and what it may do',
  ),
);
