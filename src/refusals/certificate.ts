/** Why a certificate is not believed. Data and a look into it: Node tells by a code, whoever the provider is. */
import type { KnownRefusal } from './refusal.ts';

/** A connection that was given up before anything was sent. */
type CertificateFault = Pick<KnownRefusal, 'reason' | 'code' | 'message' | 'whatToDo'> & {
  /** Error codes of OpenSSL and of Node: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
  readonly codes: readonly string[];
};

const faults: readonly CertificateFault[] = [
  {
    reason: 'certificate-of-unknown-authority',
    codes: [
      'CERT_UNTRUSTED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    code: 'provider-unavailable',
    message: 'its certificate comes from an authority (CA) that is not known here',
    whatToDo:
      "Set NODE_EXTRA_CA_CERTS to a file with the authority's certificate (PEM), in the environment itself, since Node reads it before .env, and restart the worker. A public server also has to send the certificates in between.",
  },
  {
    reason: 'certificate-out-of-date',
    codes: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
    code: 'provider-unavailable',
    message: 'its certificate is not valid at this time',
    whatToDo: 'Renew the certificate of the server, or set the clock of the machine that the worker runs on.',
  },
  {
    reason: 'certificate-of-another-host',
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'],
    code: 'provider-unavailable',
    message: 'its certificate is for another host',
    whatToDo: 'Set the address of the provider to a name that the certificate is for.',
  },
];

/** Undefined: that code says nothing of a certificate. */
export function certificateFault(connectionCode: string | undefined): CertificateFault | undefined {
  return faults.find(({ codes }) => codes.some((code) => code === connectionCode));
}
