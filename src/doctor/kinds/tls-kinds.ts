// What fails in TLS, for clients with auth ssl.

import type { FaultKind } from '../contract.ts'
import { tlsCertificateRejected } from './tls/tls-certificate-rejected.ts'
import { tlsFileMissing } from './tls/tls-file-missing.ts'
import { tlsFingerprintDiffers } from './tls/tls-fingerprint-differs.ts'
import { tlsHandshakeEnded } from './tls/tls-handshake-ended.ts'
import { tlsKeyDiffers } from './tls/tls-key-differs.ts'
import { tlsNameDiffers } from './tls/tls-name-differs.ts'

export const TLS_KINDS: readonly FaultKind[] = [tlsCertificateRejected, tlsFileMissing, tlsFingerprintDiffers, tlsHandshakeEnded, tlsKeyDiffers, tlsNameDiffers]
