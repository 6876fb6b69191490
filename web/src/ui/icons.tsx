// Icons as paths of a 24 unit square, drawn as lines. They say nothing to a screen reader; words stand beside them.
const shapes = {
  overview: 'M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-3H4z',
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.5 3-5.5 6.5-5.5s6.5 2 6.5 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.8c2 .8 3.5 2.5 3.5 5.2',
  mail: 'M3 6h18v12H3zM3.5 6.5 12 13l8.5-6.5',
  send: 'M21 3 10 14M21 3l-6.5 18-4.5-7-7-4.5z',
  log: 'M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7',
  network: 'M12 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM5 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM19 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM12 8v4M5 16v-2a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v2',
  shield: 'M12 3l8 3v6c0 4.5-3.2 7.7-8 9-4.800-1.300-8-4.5-8-9V6z',
  system: 'M4 5h16v10H4zM9 20h6M12 15v5',
  audit: 'M12 7v5l3.5 2M12 21a9 9 0 1 0-8.5-6M3 10v5h5',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 3.5-6 8-6s8 2 8 6',
  device: 'M7 3h10v18H7zM11 18h2',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5 10 17.5 19.5 7',
  warn: 'M12 4 2.5 20h19zM12 10v4.5M12 17.2v.3',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.5v.3',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  plus: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  refresh: 'M20 11a8 8 0 1 0-.6 4M20 5v6h-6',
  out: 'M15 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  download: 'M12 4v11M7.5 11 12 15.5 16.5 11M4 20h16',
  offline: 'M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4-2.400M19 12a10 10 0 0 0-6-2.900M12 19v.3',
} as const

export type IconName = keyof typeof shapes

export const Icon = ({ name, size = 20 }: { name: IconName; size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d={shapes[name]} />
  </svg>
)

export const Mark = ({ size = 30 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#0f6b66" />
    <path d="M9 25V14a7 7 0 0 1 14 0v11" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" />
    <path d="M13.5 25v-8.5a2.5 2.5 0 0 1 5 0V25" fill="#fff" />
  </svg>
)
