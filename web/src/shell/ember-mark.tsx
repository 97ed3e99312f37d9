/** The mark: an ember glowing at the end of a fennel stalk. */
export function EmberMark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <defs>
        <radialGradient id="mark-glow" cx="21" cy="10" r="11" gradientUnits="userSpaceOnUse">
          <stop offset="0" stopColor="#ffb057" stopOpacity="0.7" />
          <stop offset="1" stopColor="#ff6a1a" stopOpacity="0" />
        </radialGradient>
        <radialGradient id="mark-ember" cx="20" cy="11.5" r="6.5" gradientUnits="userSpaceOnUse">
          <stop offset="0" stopColor="#fff3c4" />
          <stop offset="0.4" stopColor="#ffb02e" />
          <stop offset="1" stopColor="#e8480c" />
        </radialGradient>
      </defs>
      <circle cx="21" cy="10" r="11" fill="url(#mark-glow)" />
      <path d="M7.2 28 18 14.5" stroke="#5f8f4e" strokeWidth="6" strokeLinecap="round" />
      <path
        d="M8.3 23.4l4 3.1M12 18.6l4 3.1"
        stroke="#2f5a2b"
        strokeWidth="1.5"
        strokeLinecap="round"
      />
      <path
        d="M21.6 2.5c.3 3.2 4.9 4.7 4.9 9a5.7 5.7 0 0 1-11.4 0c0-2.3 1.3-3.6 2.5-5 .4 1.2 1 1.8 1.7 2.1-.1-2.4.6-4.6 2.3-6.1z"
        fill="url(#mark-ember)"
      />
    </svg>
  )
}
