const CLICK_REACH = 6; // CSS pixels that a click may move
const CLICK_MS = 230; // after which a click is none of two
const WHEEL_SPEED = 0.0022; // of the logarithm of the zoom, a pixel of scrolling
const PINCH_SPEED = 0.012; // the same where a trackpad's pinch comes as a wheel
const LINE = 16; // pixels to a line of scrolling
const STEP = 1 / 8; // of the window, an arrow key
const KEY_ZOOM = 1.5;
const DOUBLE_ZOOM = 2.5;

/** Let pointers and the wheel on `canvas`, and keys, move `view`; what else they say goes to `on`. */
function gestures(canvas, view, on) {
  pointers(canvas, view, on);
  wheel(canvas, view);
  keys(view, on);
}

/** One pointer drags, two pinch; `on.hover(left, top)`, `on.leave()` and `on.click(left, top)`. */
function pointers(canvas, view, on) {
  const down = new Map(); // where each pointer is, by its id
  let moved = 0;
  let clicking = 0;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    clearTimeout(clicking);
    if (!down.size) moved = 0;
    down.set(event.pointerId, place(canvas, event));
    view.stop();
  });

  canvas.addEventListener("pointermove", (event) => {
    const now = place(canvas, event);
    const before = down.get(event.pointerId);
    if (before) {
      const others = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const [middleBefore, spreadBefore] = stance([before, ...others]);
      const [middle, spread] = stance([now, ...others]);
      moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
      down.set(event.pointerId, now);
      if (moved > CLICK_REACH || others.length) {
        canvas.classList.add("dragged");
        view.carry(spread && spreadBefore ? spread / spreadBefore : 1, middleBefore, middle);
      }
      if (others.length) moved = Infinity; // whatever was pinched was not clicked
    }
    if (event.pointerType !== "touch") on.hover(...now);
  });

  const up = (event) => {
    const clicked = event.type === "pointerup" && down.has(event.pointerId) && moved <= CLICK_REACH;
    down.delete(event.pointerId);
    if (!down.size) canvas.classList.remove("dragged");
    if (!clicked) return;
    const [left, top] = place(canvas, event);
    on.hover(left, top);
    clicking = setTimeout(() => on.click(left, top), CLICK_MS);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") on.leave();
  });
  canvas.addEventListener("dblclick", (event) => {
    clearTimeout(clicking);
    const factor = event.shiftKey ? 1 / DOUBLE_ZOOM : DOUBLE_ZOOM;
    view.fly(...view.carried(factor, place(canvas, event)));
  });
}

/** Where an event is on the canvas, in CSS pixels. */
function place(canvas, event) {
  const frame = canvas.getBoundingClientRect();
  return [event.clientX - frame.left, event.clientY - frame.top];
}

/** The middle of some points, and how far apart they are. */
function stance(points) {
  const middle = [0, 1].map(
    (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length,
  );
  const spread =
    points.length < 2 ? 0 : Math.hypot(points[0][0] - points[1][0], points[0][1] - points[1][1]);
  return [middle, spread];
}

function wheel(canvas, view) {
  const units = [1, LINE, canvas.clientHeight || 800];
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const speed = event.ctrlKey ? PINCH_SPEED : WHEEL_SPEED;
      const amount = clamped(event.deltaY * units[event.deltaMode], 250);
      view.carry(Math.exp(-amount * speed), place(canvas, event));
    },
    { passive: false },
  );
}

/** Arrows move, + and - zoom, wherever the focus is; `on.keyed()` after a move, and the rest. */
function keys(view, on) {
  const by = (across, down) => () => {
    // At least a cell, so that the tiles can be visited one by one.
    const [x, y] = [view.width / view.cell[0], view.height / view.cell[1]];
    view.flyOn(across * Math.max(1, x * STEP), down * Math.max(1, y * STEP), 1);
  };
  const zoom = (factor) => () => view.flyOn(0, 0, factor);
  const whole = () => view.flyHome();
  const moves = {
    ArrowLeft: by(-1, 0),
    ArrowRight: by(1, 0),
    ArrowUp: by(0, -1),
    ArrowDown: by(0, 1),
    "+": zoom(KEY_ZOOM),
    "=": zoom(KEY_ZOOM),
    "-": zoom(1 / KEY_ZOOM),
    _: zoom(1 / KEY_ZOOM),
    0: whole,
    Home: whole,
  };
  const rest = {
    Enter: on.enter,
    " ": on.enter,
    Escape: on.escape,
    "/": on.find,
    f: on.full,
    h: on.hide,
  };
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    const act = moves[key] ?? rest[key];
    const presses = act === on.enter && target.closest("button, summary");
    const writes = target.closest("input, ul") && !(key === "Escape" && target.type === "range");
    if (!act || presses || writes || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (key in moves || !event.repeat) act();
    if (key in moves) on.keyed();
  });
}
