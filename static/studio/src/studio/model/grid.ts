// Where things are: a grid of square cells, so that what lies in a rectangle is found at once.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CELL = 600;

export class Grid {
  #cells = new Map<string, Set<string>>();
  #boxes = new Map<string, Box>();

  get(id: string): Box | undefined {
    return this.#boxes.get(id);
  }

  set(id: string, box: Box): void {
    this.delete(id);
    this.#boxes.set(id, box);
    for (const key of cellsOf(box)) {
      const cell = this.#cells.get(key);
      if (cell) cell.add(id);
      else this.#cells.set(key, new Set([id]));
    }
  }

  delete(id: string): void {
    const box = this.#boxes.get(id);
    if (!box) return;
    this.#boxes.delete(id);
    for (const key of cellsOf(box)) {
      const cell = this.#cells.get(key);
      cell?.delete(id);
      if (!cell?.size) this.#cells.delete(key);
    }
  }

  /** Return what lies in or touches the rectangle. */
  within(area: Box): string[] {
    const found = new Set<string>();
    for (const key of this.#keys(area))
      for (const id of this.#cells.get(key) ?? []) {
        const box = this.#boxes.get(id);
        if (box && touches(box, area)) found.add(id);
      }
    return [...found];
  }

  /** Return the smallest rectangle around the given boxes, or around all. */
  bounds(ids: Iterable<string> = this.#boxes.keys()): Box | null {
    let left = Infinity;
    let top = Infinity;
    let right = -Infinity;
    let bottom = -Infinity;
    for (const id of ids) {
      const box = this.#boxes.get(id);
      if (!box) continue;
      left = Math.min(left, box.x);
      top = Math.min(top, box.y);
      right = Math.max(right, box.x + box.width);
      bottom = Math.max(bottom, box.y + box.height);
    }
    return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** Walk the smaller of both: the area's cells, or all that hold something. */
  #keys(area: Box): Iterable<string> {
    const wanted = (Math.floor(area.width / CELL) + 2) * (Math.floor(area.height / CELL) + 2);
    return wanted > this.#cells.size ? this.#cells.keys() : cellsOf(area);
  }
}

export function encloses(outer: Box, box: Box): boolean {
  return (
    outer.x <= box.x &&
    outer.y <= box.y &&
    outer.x + outer.width >= box.x + box.width &&
    outer.y + outer.height >= box.y + box.height
  );
}

export function touches(a: Box, b: Box): boolean {
  return (
    a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height
  );
}

function* cellsOf(box: Box): Generator<string> {
  const right = Math.floor((box.x + box.width) / CELL);
  const bottom = Math.floor((box.y + box.height) / CELL);
  for (let x = Math.floor(box.x / CELL); x <= right; x += 1)
    for (let y = Math.floor(box.y / CELL); y <= bottom; y += 1) yield `${x}:${y}`;
}
