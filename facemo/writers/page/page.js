const SETTLED_MS = 250; // without a change, after which the address is that of the view
const SLOW_MS = 50; // a frame; slower ones are drawn coarser while the view moves
const COARSEST = 4; // canvas pixels each way
const LEGIBLE = 96; // CSS pixels a side, at which a tile can be told

/** Everything on the page but the drawing: captions, search, buttons, the address. */
class Page {
  constructor(plan) {
    this.plan = plan;
    this.canvas = $("picture");
    this.looks = { blend: 0, lit: -1, shade: [0, 0, 0] };
    this.uses = new Int32Array(0); // of the tile that is lit: col, row, …
    this.use = 0; // which of them was shown last
    this.frame = 0;
    this.settling = 0;
    this.pixels = [1, 1]; // of the screen
    this.coarse = 1; // of them to a pixel drawn, each way, while the view moves
    this.drawn = 1; // the same of what was drawn last
    this.turn = 0; // how often loading has begun, or what was loaded was lost
    this.aimed = false; // whether keys are in use, so that the middle counts
    this.view = new View(plan, () => this.changed());
    this.canvas.setAttribute(
      "aria-label",
      `Mosaic of ${count(plan.cols, "cell")} by ${count(plan.rows, "cell")}, ` +
        `${count(plan.names.length, "tile")} in use`,
    );
  }

  async start() {
    this.canvas.hidden = false;
    this.#watchGraphics();
    this.#watchSize();
    this.#watchColors();
    this.view.follow(location.hash);
    await this.#load();
    gestures(this.canvas, this.view, {
      hover: (left, top) => this.hover(left, top),
      leave: () => this.caption(null),
      click: (left, top) => this.click(this.view.at(left, top)),
      enter: () => this.clickMiddle(),
      escape: () => this.escape(),
      keyed: () => this.aim(true),
      find: () => $("query").focus(),
      full: () => $("full").click(),
      hide: () => document.body.classList.toggle("bare"),
    });
    this.#buttons();
    this.#search();
    addEventListener("hashchange", () => this.view.follow(location.hash));
    if (this.plan.notice) dismissible($("notice"), this.plan.notice);
    $("controls").hidden = false;
    document.documentElement.dataset.ready = "";
    performance.mark("ready");
  }

  /** Fill the graphics memory and draw; until then there is the still. */
  async #load() {
    const turn = ++this.turn;
    try {
      this.renderer = new Renderer(this.canvas, this.plan);
      await this.renderer.load((part) => {
        if (turn === this.turn) say(`Loading tiles, ${Math.round(100 * part)}% …`);
      });
    } catch (error) {
      if (turn === this.turn) throw error;
    }
    // The graphics may have been lost meanwhile: then whatever comes after that goes on.
    if (turn !== this.turn) return;
    this.renderer.mark(this.uses);
    this.ready = true;
    this.draw();
    say("");
    $("still").hidden = true;
  }

  /** The view is another: draw it with the next frame, and let the address follow. */
  changed() {
    if (!this.ready) return;
    this.frame ||= requestAnimationFrame((now) => this.#move(now));
    if (this.aimed) this.caption(this.view.cellAt(this.view.middle));
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.#settle(), SETTLED_MS);
  }

  /** The same view looks otherwise. */
  redraw() {
    if (this.ready) this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Draw a frame of a movement, and the next ones coarser if it takes too long. */
  #move(now) {
    this.draw(this.coarse);
    requestAnimationFrame((next) => {
      if (next - now > SLOW_MS) this.coarse = Math.min(this.coarse * 2, COARSEST);
    });
  }

  draw(coarse = 1) {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.drawn = coarse;
    const [width, height] = this.pixels.map((side) => Math.ceil(side / coarse));
    // Even the same size, when set, empties a canvas and takes a while.
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.renderer.draw(this.view, this.looks);
  }

  #settle() {
    this.settling = 0;
    if (this.view.flight) return;
    this.coarse = Math.max(this.coarse / 2, 1); // who was slow once need not stay so
    if (this.drawn > 1) this.redraw();
    if (this.aimed) this.#speak(this.view.cellAt(this.view.middle));
    const { hash, zoom } = this.view;
    const unmoved = !location.hash && zoom === 1; // then the whole is shown, in the middle
    if (hash === location.hash || unmoved) return;
    try {
      history.replaceState(null, "", hash);
    } catch {
      // A page within another may not be allowed to; the view is the same.
    }
  }

  hover(left, top) {
    this.aim(false);
    this.caption(this.view.cellAt(this.view.at(left, top)));
  }

  /** Whether the middle of the window is what is described and chosen. */
  aim(on) {
    this.aimed = on;
    $("aim").hidden = !on;
    if (on) this.caption(this.view.cellAt(this.view.middle));
  }

  /** Say which tile stands in a cell, unless that is said already because it is lit. */
  caption(cell) {
    const tile = cell ? this.plan.tileAt(...cell) : this.looks.lit;
    $("caption").hidden = tile === this.looks.lit;
    if (!$("caption").hidden) this.#describe($("caption"), tile);
  }

  #describe(element, tile) {
    writeName(element, this.plan.names[tile]);
    element.querySelector(".uses").textContent = count(this.plan.uses[tile], "use");
  }

  #speak(cell) {
    if (!cell) return;
    const tile = this.plan.tileAt(...cell);
    const uses = count(this.plan.uses[tile], "use");
    $("spoken").textContent =
      `${this.plan.names[tile]}, ${uses}, column ${cell[0] + 1}, row ${cell[1] + 1}`;
  }

  click(point) {
    const cell = this.view.cellAt(point);
    const tile = cell ? this.plan.tileAt(...cell) : -1;
    this.light(tile === this.looks.lit ? -1 : tile, cell);
  }

  /** Close the help, or else put out the light. */
  escape() {
    if ($("help").open) $("help").open = false;
    else this.putOut();
  }

  putOut() {
    if (this.looks.lit < 0) return;
    const focused = $("lit").contains(document.activeElement);
    this.light(-1);
    $("spoken").textContent = "Light off";
    if (focused) this.canvas.focus();
  }

  clickMiddle() {
    this.aim(true);
    this.click(this.view.middle);
  }

  /** Light up every use of a tile, -1 for none; `cell` is the use that was chosen. */
  light(tile, cell = null) {
    this.looks.lit = tile;
    this.uses = tile < 0 ? new Int32Array(0) : this.plan.usesOf(tile);
    this.use = 0;
    for (let i = 0; cell && i < this.uses.length; i += 2) {
      if (this.uses[i] === cell[0] && this.uses[i + 1] === cell[1]) this.use = i / 2;
    }
    this.renderer.mark(this.uses);
    $("lit").hidden = tile < 0;
    this.caption(cell);
    if (tile >= 0) {
      this.#describe($("lit"), tile);
      $("spoken").textContent =
        `${count(this.plan.uses[tile], "use")} of ${this.plan.names[tile]} lit`;
    }
    for (const id of ["previous", "next"]) $(id).hidden = this.uses.length <= 2;
    this.redraw();
  }

  /** Go to another use of the tile that is lit. */
  visit(step) {
    const total = this.uses.length / 2;
    if (!total) return;
    this.use = (this.use + step + total) % total;
    const [col, row] = this.uses.subarray(2 * this.use);
    const legible = LEGIBLE / Math.min(...this.view.cell);
    this.aim(false);
    this.caption(null);
    this.view.fly(col + 0.5, row + 0.5, this.view.zoom * Math.max(1, legible));
    const which = `use ${(this.use + 1).toLocaleString("en")} of ${total.toLocaleString("en")}`;
    $("lit").querySelector(".uses").textContent = which;
    const name = this.plan.names[this.looks.lit];
    $("spoken").textContent = `${name}, ${which}, column ${col + 1}, row ${row + 1}`;
  }

  #buttons() {
    const { view } = this;
    $("nearer").addEventListener("click", () => view.flyOn(0, 0, KEY_ZOOM));
    $("further").addEventListener("click", () => view.flyOn(0, 0, 1 / KEY_ZOOM));
    $("whole").addEventListener("click", () => view.flyHome());
    $("previous").addEventListener("click", () => this.visit(-1));
    $("next").addEventListener("click", () => this.visit(1));
    $("unlight").addEventListener("click", () => this.putOut());
    this.canvas.addEventListener("pointerdown", () => {
      $("help").open = false;
    });
    $("blend").addEventListener("input", (event) => {
      this.looks.blend = event.target.value / 100;
      event.target.setAttribute("aria-valuetext", `${event.target.value}%`);
      this.redraw();
    });
    this.#fullScreen();
  }

  #fullScreen() {
    const button = $("full");
    button.hidden = !document.fullscreenEnabled; // iPhones cannot
    button.addEventListener("click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen().catch(() => {});
    });
    addEventListener("fullscreenchange", () => {
      button.setAttribute("aria-pressed", Boolean(document.fullscreenElement));
    });
  }

  #search() {
    search(this.plan.names, {
      begin: () => {
        $("help").open = false;
      },
      choose: (tile) => {
        this.light(tile);
        this.visit(0);
      },
      end: () => this.canvas.focus(),
    });
  }

  #watchSize() {
    const { canvas } = this;
    const resized = (width, height, exact) => {
      this.pixels = [
        devicePixels(width, exact?.inlineSize),
        devicePixels(height, exact?.blockSize),
      ];
      this.view.resize(width, height);
      if (this.ready) this.draw(); // at once: a canvas is empty when its size was set
    };
    resized(canvas.clientWidth, canvas.clientHeight);
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      resized(width, height, entry.devicePixelContentBoxSize?.[0]);
    });
    try {
      observer.observe(canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(canvas);
    }
  }

  /** What is not lit fades to the colour of the page, dark or light. */
  #watchColors() {
    const take = () => {
      const color = getComputedStyle(document.body).backgroundColor;
      this.looks.shade = color
        .match(/[\d.]+/g)
        .slice(0, 3)
        .map((value) => value / 255);
      this.redraw();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", take);
    take();
  }

  /** Graphics processors are reset now and then; all is loaded again. */
  #watchGraphics() {
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.turn++;
      this.ready = false;
      $("still").hidden = false;
      say("The graphics were reset. The mosaic comes back when they do …");
    });
    this.canvas.addEventListener("webglcontextrestored", () => this.#load().catch(failed));
  }
}

/** The pixels of a side, exact where the browser says so; emulated screens do not say the truth. */
function devicePixels(side, exact) {
  const about = Math.max(1, Math.round(side * devicePixelRatio));
  return Math.abs(exact - about) <= 1 ? exact : about;
}

/** Say what is going on, or went wrong, over the picture; nothing ends that. */
function say(text) {
  $("message").textContent = text;
  $("message").hidden = !text;
  $("message").classList.remove("late");
}

function dismissible(element, text) {
  element.querySelector("span").textContent = text;
  element.hidden = false;
  element.querySelector("button").addEventListener("click", () => {
    element.hidden = true;
  });
}

/** Say why the mosaic cannot be zoomed, over the still. */
function failed(error) {
  const reason =
    error instanceof Problem ? error.message : `The mosaic cannot be drawn (${error.message}).`;
  say(`${reason} This is a still of the whole.`);
  $("still").hidden = false;
  for (const id of ["picture", "controls", "captions", "aim"]) $(id).hidden = true;
  document.documentElement.dataset.failed = "";
  if (!(error instanceof Problem)) throw error;
}

/** The still is seen before the work begins. */
function painted() {
  return new Promise((then) => requestAnimationFrame(() => setTimeout(then)));
}

/** The page, once it is ready; for whoever looks into it with the browser's tools. */
const page = painted().then(async () => {
  const made = new Page(await Plan.read());
  await made.start();
  return made;
});
page.catch(failed);
