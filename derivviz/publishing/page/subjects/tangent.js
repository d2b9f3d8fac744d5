// Q slides along the curve; the secant through P and Q follows.
(() => {
  const { say, both, number, exact, real, element, show, put, range, seen, sampled, ticks, data } = derivviz;
  const a = data.at, b = data.height, m = real(data.slope);
  const f = (x) => (data.filled && x === a ? b : derivviz.functions.f(x));
  const home = { x: data.x, y: data.y };
  const slopeOver = (h) => (f(a + h) - b) / h;
  const slider = element("place");
  let h = data.step, magnified = false; // of Q from P

  // The slider is finest near P.
  const reach = (side) => (side < 0 ? a - data.x[0] : data.x[1] - a);
  const placed = (share) => Math.sign(share) * Math.abs(share) ** 3 * reach(share);
  const share = () => Math.sign(h) * Math.cbrt(Math.min(1, Math.abs(h) / reach(h)));

  // A line through P across the picture.
  const through = (slope, [low, high]) => ({ x: [low, high], y: [low, high].map((at) => b + slope * (at - a)) });

  function window() {
    if (!magnified || h === 0) return home;
    const [left, right] = h > 0 ? [0.6, 1.3] : [1.3, 0.6];
    const ends = [a - left * Math.abs(h), a + right * Math.abs(h)];
    const heights = sampled(f, ends, Infinity, 200).y.filter(Number.isFinite);
    const low = Math.min(b, ...heights), high = Math.max(b, ...heights);
    const room = 0.1 * (high - low) || Math.abs(b) * 1e-15 || 1e-15;
    return { x: ends, y: [low - room, high + room] };
  }

  function draw() {
    const x = a + h, y = f(x), slope = h === 0 ? NaN : slopeOver(h), view = window();
    range("curve", "x", view.x);
    range("curve", "y", view.y);
    put("curve", "function", sampled(f, view.x, view.y[1] - view.y[0]));
    put("curve", "secant", Number.isFinite(slope) ? through(slope, view.x) : { x: [], y: [] });
    put("curve", "tangent", Number.isFinite(m) ? through(m, view.x) : halves(view));
    put("curve", "legs", Number.isFinite(y) ? { x: [a, x], y: [b, b], u: [x, x], v: [b, y] } : { x: [], y: [], u: [], v: [] });
    put("curve", "Q", Number.isFinite(y) ? { x: [x], y: [y] } : { x: [], y: [] });
    const near = Math.abs(h) < 0.03 * (view.x[1] - view.x[0]);
    const names = !Number.isFinite(y) ? ["P"] : near ? ["P, Q"] : ["P", "Q"];
    put("curve", "names", { x: [a, x].slice(0, names.length), y: [b, y].slice(0, names.length), text: names });
    derivviz.model("curve", "names").glyph.x_offset = slope < 0 || (h === 0 && m < 0) ? 16 : -16; // beside the line
    ticks("curve", magnified && Math.abs(h) < 1e-4 * Math.max(1, Math.abs(a)) ? 2 : 6); // long numbers want room
    seen("curve", "legs", h !== 0);
    put("slopes", "now", Number.isFinite(slope) ? { x: [x], y: [slope] } : { x: [], y: [] });

    slider.value = share();
    slider.setAttribute("aria-valuetext", `x = ${number(x)}, ${say("slope", "기울기")} ${number(slope)}`);
    if (document.activeElement !== element("h")) element("h").value = String(h);
    element("zoom").setAttribute("aria-pressed", String(magnified));
    element("p").textContent = `(${number(a)}, ${number(b)})`;
    show("q", x, `(${exact(x)}, ${exact(y)})`);
    show("dx", h, exact(h));
    show("dy", y - b, exact(y - b));
    show("slope", slope, h === 0 ? "0/0" : exact(slope));
    show("limit", m);
    element("says").textContent = verdict(y, slope);
  }

  // Half-tangents, where both sides do not make one line.
  function halves(view) {
    const [left, right] = data.sides.map(real), ends = view.x;
    const line = { x: [], y: [] };
    if (Number.isFinite(left)) {
      line.x.push(ends[0], a, NaN);
      line.y.push(b + left * (ends[0] - a), b, NaN);
    }
    if (Number.isFinite(right)) {
      line.x.push(a, ends[1]);
      line.y.push(b, b + right * (ends[1] - a));
    }
    if (data.kind === "vertical") return { x: [a, a], y: view.y };
    return line;
  }

  function verdict(y, slope) {
    if (h === 0) {
      return say(
        "Q lies on P: Δy/Δx is 0/0, which is no number. Only the limit says what the slope is here.",
        "Q가 P와 겹치면 Δy/Δx는 0/0이 되어 값이 없다. 이 점에서의 기울기는 극한으로만 정할 수 있다.",
      );
    }
    if (!Number.isFinite(y)) return say("The curve has no point at this x.", "이 x에는 곡선 위의 점이 없다.");
    if (data.kind !== "smooth") return `${both(data.approach)} ${both(data.verdict)}`;
    const far = Math.abs(slope - m);
    if (far > 1e-3 * Math.max(1, Math.abs(m)) && Math.abs(h) < 1e-9 * Math.max(1, Math.abs(a))) {
      return say(
        "So near, the computer's rounding swallows Δy: the digits of this slope are worth nothing.",
        "이렇게 가까우면 컴퓨터의 반올림 오차가 Δy를 삼켜 버린다. 이 기울기의 숫자들은 믿을 수 없다.",
      );
    }
    return say(
      `The secant has the slope ${number(slope, 10)}, the tangent ${number(m, 10)}: they differ by ${number(far, 3)}.`,
      `할선의 기울기는 ${number(slope, 10)}, 접선의 기울기는 ${number(m, 10)}이고 둘의 차이는 ${number(far, 3)}이다.`,
    );
  }

  function move(to) {
    h = Math.min(Math.max(to, -reach(-1)), reach(1));
    draw();
  }
  slider.addEventListener("input", () => move(placed(Number(slider.value))));
  element("h").addEventListener("input", (event) => {
    if (Number.isFinite(event.target.valueAsNumber)) move(event.target.valueAsNumber);
  });
  element("h").addEventListener("change", (event) => (event.target.value = String(h)));
  element("half").addEventListener("click", () => move(h / 2));
  element("other").addEventListener("click", () => move(-h));
  element("zoom").addEventListener("click", () => {
    magnified = !magnified;
    draw();
  });
  element("again").addEventListener("click", () => {
    magnified = false;
    move(data.step);
  });
  for (const plot of ["curve", "slopes"]) derivviz.drag(plot, (x) => move(x - a));

  derivviz.start(draw, () => {
    const [low, high] = data.slopes;
    put("slopes", "function", sampled((x) => (x === a ? NaN : slopeOver(x - a)), home.x, high - low));
  });
})();
