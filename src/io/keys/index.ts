/**
 * io/keys — Ed25519 keys and detached signatures (RFC 8032), on Node's crypto.
 *
 * A signature covers `purpose NUL site NUL key id NUL bytes`, so that it is worth nothing for
 * another
 * purpose, site or key (SECURITY.md "Signed requests"). Must never: print a private key, write
 * one with more than owner rights, or accept a key of another type.
 */
export {
  createKeyFile,
  loadOrCreateKey,
  loadPrivateKey,
  loadPublicKey,
  type SigningKey,
} from './keyFile';
export {
  type DetachedSignature,
  parseSignature,
  signDetached,
  type SignaturePurpose,
  type SignatureVerdict,
  verifyDetached,
} from './detached';
export { sha256 } from './hash';
