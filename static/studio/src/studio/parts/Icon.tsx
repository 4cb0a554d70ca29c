/** An icon of the sprite; names are lucide's. It is decoration: the words beside it carry the meaning. */
export function Icon({ name, size = 16 }: { name: string; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} aria-hidden="true" focusable="false">
      <use href={`/static/site/img/icons.svg#${name}`} />
    </svg>
  );
}
