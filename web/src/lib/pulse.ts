// Is somebody still there? A network that changed leaves a connection half open: it says nothing, and does not close. So the
// server says every two seconds that it is there, and silence is the end of the connection.

const SILENT_MS = 6_000;

export class Pulse {
  private timer = 0;

  constructor(private readonly dead: () => void) {}

  /** Something was heard. */
  heard(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(this.dead, SILENT_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
