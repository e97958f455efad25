/** A bar on a terminal's stderr; silent anywhere else, so that logs stay readable. */
export class Progress {
  private readonly total: number;
  private readonly started = performance.now();
  private readonly visible = process.stderr.isTTY === true;
  private done = 0;

  constructor(total: number) {
    this.total = total;
  }

  step(label: string): void {
    if (!this.visible) return;
    const elapsed = (performance.now() - this.started) / 1000;
    const left =
      this.done < 5 || this.done >= this.total
        ? ''
        : ` ${clock((elapsed / this.done) * (this.total - this.done))} left`;
    const line = `${bar(this.done, this.total)}${left}  ${label}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 100) - 1)}`);
    this.done++;
  }

  end(): void {
    if (this.visible) process.stderr.write('\r\x1b[K');
  }
}

/** The bar and the percentage; steps beyond the total leave it full. */
export function bar(done: number, total: number): string {
  const share = Math.min(1, done / Math.max(1, total));
  const filled = Math.round(share * 24);
  return `${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${Math.floor(share * 100)}%`;
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
