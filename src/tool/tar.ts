/** A file of an archive. */
export interface ArchivedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const blockBytes = 512

/** A tar archive (POSIX ustar) of files with names of at most 100 bytes, readable by all. */
export function tarOf(files: readonly ArchivedFile[], secondsSince1970: number): Uint8Array {
  const parts = files.flatMap(({ name, bytes }) => {
    const padding = (blockBytes - (bytes.length % blockBytes)) % blockBytes
    return [headerOf(name, bytes.length, secondsSince1970), bytes, new Uint8Array(padding)]
  })
  // Two blocks of zeros are the end.
  return Buffer.concat([...parts, new Uint8Array(2 * blockBytes)])
}

function headerOf(name: string, sizeBytes: number, secondsSince1970: number): Uint8Array {
  const header = Buffer.alloc(blockBytes)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  header.write(name, 0, 100)
  header.write(`${octal(0o666, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100)
  header.write(`${octal(sizeBytes, 11)}\0${octal(secondsSince1970, 11)}\0`, 124)
  // The sum is taken with blanks in its own place.
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return header
}
