// WireGuard keys made in this browser: by WebCrypto where it knows X25519, else by a small library that is loaded then.
// Scripts can't wipe memory for sure; the private half is therefore kept nowhere but in what is shown.

export interface KeyPair {
  /** Base64 of 32 bytes, as WireGuard writes keys. */
  privateKey: string
  publicKey: string
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
const fromUrl = (text: string): Uint8Array => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))

export async function makeKeys(subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle): Promise<KeyPair> {
  try {
    if (!subtle) throw new Error('no WebCrypto')
    const pair = (await subtle.generateKey({ name: 'X25519' }, true, ['deriveBits'])) as CryptoKeyPair
    const { d, x } = await subtle.exportKey('jwk', pair.privateKey)
    if (!d || !x) throw new Error('no key')
    return { privateKey: base64(fromUrl(d)), publicKey: base64(fromUrl(x)) }
  } catch {
    const { x25519 } = await import('@noble/curves/ed25519')
    const secret = crypto.getRandomValues(new Uint8Array(32))
    return { privateKey: base64(secret), publicKey: base64(x25519.getPublicKey(secret)) }
  }
}

/** The configuration with the private key in its place. */
export function withKey(configuration: string, privateKey: string): string {
  const line = `PrivateKey = ${privateKey}`
  const placed = configuration.replace(/^[ \t]*#?[ \t]*PrivateKey[ \t]*=.*$/m, line)
  return placed === configuration && !configuration.includes(line) ? configuration.replace(/^\[Interface\][ \t]*$/m, `[Interface]\n${line}`) : placed
}

/** A password that can be read aloud: four groups of letters that are hard to confuse, about 80 bits. */
export function suggestPassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const drawn: string[] = []
  while (drawn.length < 16) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // Bytes beyond the last full round would make the first letters likelier.
      if (byte < letters.length * 8 && drawn.length < 16) drawn.push(letters[byte % letters.length] ?? '')
    }
  }
  return drawn.join('').replace(/(.{4})(?=.)/g, '$1-')
}
