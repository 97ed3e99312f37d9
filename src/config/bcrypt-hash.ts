/**
 * What is wrong with a bcrypt hash, in the words of Go's library; undefined where it can be compared
 * with. Only version, cost and length are looked at (row F8.4).
 */
export function bcryptFault(hash: string): string | undefined {
  if (Buffer.byteLength(hash) < hashBytesMin) {
    return 'crypto/bcrypt: hashedSecret too short to be a bcrypted password'
  }
  const [sign = '', major = '', minor = ''] = hash
  if (sign !== '$') {
    return `crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with '${sign}'`
  }
  if (major > '2') {
    return `crypto/bcrypt: bcrypt algorithm version '${major}' requested is newer than current version '2'`
  }
  const digits = hash.slice(minor === '$' ? 3 : 4).slice(0, 2)
  if (!/^(?:\d\d|[-+]\d)$/.test(digits)) {
    return `strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`
  }
  const cost = Number(digits)
  if (cost < 4 || cost > 31) {
    return `crypto/bcrypt: cost ${cost} is outside allowed inclusive range 4..31`
  }
  return undefined
}

const hashBytesMin = 59
