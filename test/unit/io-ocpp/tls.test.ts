import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { WebSocket } from 'ws';
import { certificateFault } from '../../../src/io/ocppRpc/certificate';
import { openRig, SECRET } from './rig';
import type { Rig } from './rig';

/** Makes an issuer, a server and station certificates with the openssl of the machine. */
class Certificates {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'holdfast-tls-'));

  constructor() {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = (name: string): string[] => ['-keyout', this.at(`${name}.key`)];
    const subject = ['-subj', '/CN=Test Issuer'];
    this.openssl(['req', '-x509', ...key, ...out('ca'), '-out', this.at('ca.pem'), ...subject]);
    writeFileSync(this.at('san'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    for (const name of ['server', 'CP1', 'CP2']) {
      const common = ['-subj', `/O=CPO/CN=${name}`];
      this.openssl(['req', ...key, ...out(name), '-out', this.at(`${name}.csr`), ...common]);
      const issuer = ['-CA', this.at('ca.pem'), '-CAkey', this.at('ca.key'), '-CAcreateserial'];
      const san = name === 'server' ? ['-extfile', this.at('san')] : [];
      const request = ['-in', this.at(`${name}.csr`), '-out', this.at(`${name}.pem`)];
      this.openssl(['x509', '-req', ...request, ...issuer, '-days', '30', ...san]);
    }
  }

  private openssl(words: readonly string[]): void {
    execFileSync('openssl', words, { stdio: 'ignore' });
  }

  private at(name: string): string {
    return path.join(this.folder, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.at(name));
  }
}

describe('io/ocppRpc security profiles 2 and 3', () => {
  let certificates: Certificates;
  let rig: Rig | undefined;

  before(function () {
    try {
      certificates = new Certificates();
    } catch {
      // Without openssl there is nobody to issue certificates: the tests are shown as pending.
      this.skip();
    }
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });
  after(() => rmSync(certificates.folder, { recursive: true, force: true }));

  const tls = (clients: boolean): object => ({
    tls: {
      cert: certificates.read('server.pem'),
      key: certificates.read('server.key'),
      ...(clients && { clientIssuers: certificates.read('ca.pem') }),
    },
  });

  function open(url: string, id: string, options: object): Promise<'open' | number> {
    const ca = certificates.read('ca.pem');
    const socket = new WebSocket(`${url}/${id}`, ['ocpp1.6'], { ca, ...options });
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () => {
        socket.terminate();
        resolve('open');
      });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        socket.off('error', reject);
        socket.on('error', () => undefined);
        socket.terminate();
        resolve(response.statusCode ?? 0);
      });
    });
  }

  const show = (name: string): object => ({
    cert: certificates.read(`${name}.pem`),
    key: certificates.read(`${name}.key`),
  });

  it('profile 2: password over TLS, and no version below 1.2', async () => {
    rig = await openRig(tls(false));
    const login = `Basic ${Buffer.from(`CP1:${SECRET}`).toString('base64')}`;
    const { url } = rig.server;
    assert.ok(url.startsWith('wss://'));
    assert.equal(await open(url, 'CP1', { headers: { Authorization: login } }), 'open');
    assert.equal(await open(url, 'CP1', {}), 401);
    await assert.rejects(open(url, 'CP1', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }));
  });

  it('profile 3: the certificate is bound to the identity', async () => {
    rig = await openRig(tls(true));
    const { url } = rig.server;
    assert.equal(await open(url, 'CP1', show('CP1')), 'open');
    assert.equal(await open(url, 'CP1', show('CP2')), 401);
    const refusal = rig.gate.find((event) => event.code === 'certificate-refused');
    assert.match(refusal?.text ?? '', /not issued to CP1/);
  });

  it('profile 3: a denied certificate is refused, the others go on', async () => {
    const denied = new X509Certificate(certificates.read('CP1.pem')).fingerprint256;
    rig = await openRig({
      ...tls(true),
      credentialOf: () => ({ deniedFingerprints: [denied] }),
    });
    const { url } = rig.server;
    assert.equal(await open(url, 'CP1', show('CP1')), 401);
    assert.equal(await open(url, 'CP2', show('CP2')), 'open');
  });

  it('a certificate that ran out last week still proves its owner, an older one does not', () => {
    const day_ms = 24 * 3_600_000;
    const shown = {
      authorised: false,
      reason: 'CERT_HAS_EXPIRED',
      names: ['CP1'],
      fingerprint: 'AA',
      validFrom_ms: 0,
      validTo_ms: 100 * day_ms,
    };
    assert.equal(certificateFault(shown, 'CP1', {}, 104 * day_ms), undefined);
    assert.match(certificateFault(shown, 'CP1', {}, 108 * day_ms) ?? '', /expired/);
    const foreign = { ...shown, reason: 'SELF_SIGNED_CERT_IN_CHAIN' };
    assert.match(certificateFault(foreign, 'CP1', {}, 50 * day_ms) ?? '', /not trusted/);
  });
});
