// A QR code as one path: no picture, no style, so the strict content policy has nothing to forbid.
import { encode } from 'uqr'

export function qrPath(text: string): { size: number; path: string } {
  // Configurations are long: the lowest correction keeps the squares big enough for a phone's camera.
  const { data, size } = encode(text, { ecc: 'L', border: 2 })
  let path = ''
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < size; ) {
      let run = 0
      while (row[x + run]) run++
      if (run) path += `M${x} ${y}h${run}v1h-${run}z`
      x += run || 1
    }
  }
  return { size, path }
}

export default function Qr({ text, label }: { text: string; label: string }) {
  const { size, path } = qrPath(text)
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path fill="#000" d={path} />
    </svg>
  )
}
