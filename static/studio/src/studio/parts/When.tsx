const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time as people say it, with the exact one on hover. */
export function When({ time }: { time: string }) {
  return (
    <time dateTime={time} title={new Date(time).toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC")}>
      {spoken(Date.now() - Date.parse(time), time)}
    </time>
  );
}

function spoken(ago: number, time: string): string {
  if (ago < MINUTE) return "just now";
  if (ago < HOUR) return `${Math.floor(ago / MINUTE)} min ago`;
  if (ago < DAY) return `${Math.floor(ago / HOUR)} h ago`;
  return new Date(time).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}
