// Lines over time, by uPlot. The same figures stand below as text for those who can't see the picture.
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Line {
  label: string
  /** A custom property: "--accent". */
  colour: string
  values: number[]
}

// A custom property may be light-dark(); only a computed colour is one that a canvas understands.
function colourOf(element: HTMLElement, property: string): string {
  const before = element.style.color
  element.style.color = `var(${property})`
  const colour = getComputedStyle(element).color
  element.style.color = before
  return colour
}

export default function Chart({ time, lines, label }: { time: number[]; lines: Line[]; label: string }) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const place = element.current
    if (!place) return
    let plot: uPlot | undefined
    const draw = () => {
      plot?.destroy()
      const ink = colourOf(place, '--ink-2')
      const grid = { stroke: colourOf(place, '--line'), width: 1 }
      const axis = { stroke: ink, grid, ticks: grid }
      plot = new uPlot(
        {
          width: place.clientWidth,
          height: 190,
          legend: { show: false },
          cursor: { show: false },
          axes: [axis, { ...axis, size: 44 }],
          scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 4)] } },
          series: [{}, ...lines.map((line) => ({ label: line.label, stroke: colourOf(place, line.colour), width: 2, points: { show: false } }))],
        },
        [time, ...lines.map((line) => line.values)],
        place,
      )
    }
    draw()
    const size = new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: 190 }))
    size.observe(place)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      scheme.removeEventListener('change', draw)
      size.disconnect()
      plot?.destroy()
    }
  }, [time, lines])
  return (
    <figure class="stack tight">
      <div class="chart" ref={element} role="img" aria-label={label} />
      <figcaption class="row small muted">
        {lines.map((line) => (
          <span class="row legend">
            <svg width="14" height="4" aria-hidden="true">
              <rect class={`line${line.colour}`} width="14" height="4" rx="2" />
            </svg>
            {line.label}: {line.values.reduce((sum, value) => sum + value, 0)}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}
