// A point slides along f; its slope, drawn below, is f′.
(() => {
  const { say, number, element, show, fill, put, sampled, functions, data } = derivviz;
  const { f, slope } = functions;
  const [low, high] = data.x, slider = element("place");
  let x = data.start, drawn = data.start; // so far to the right the derivative has been drawn

  function draw() {
    const y = f(x), m = slope(x), reach = 0.12 * (high - low);
    put("above", "tangent", Number.isFinite(m) ? { x: [x - reach, x + reach], y: [y - m * reach, y + m * reach] } : { x: [], y: [] });
    put("above", "now", Number.isFinite(y) ? { x: [x], y: [y] } : { x: [], y: [] });
    put("below", "now", Number.isFinite(m) ? { x: [x], y: [m] } : { x: [], y: [] });
    put("below", "height", Number.isFinite(m) ? { x: [x], y: [0], u: [x], v: [m] } : { x: [], y: [], u: [], v: [] });
    put("below", "drawn", drawn > low ? sampled(slope, [low, drawn], data.slopes[1] - data.slopes[0]) : { x: [], y: [] });
    slider.value = x;
    slider.setAttribute("aria-valuetext", `x = ${number(x, 4)}, ${say("slope", "기울기")} ${number(m, 4)}`);
    if (document.activeElement !== element("x")) element("x").value = String(Number(x.toPrecision(10)));
    show("at", x);
    show("height", y);
    show("slope", m);
    fill("table", data.extrema.map((one) => [
      one.maximum ? say("local maximum", "극대") : say("local minimum", "극소"),
      { value: one.y, text: `(${number(one.x)}, ${number(one.y)})` },
    ]));
    element("says").textContent = told(y, m);
  }

  function told(y, m) {
    if (!Number.isFinite(y)) return say("f has no value here.", "이 x에서는 함수값이 없다.");
    if (!Number.isFinite(m)) return say("f has no derivative here: no line is the tangent.", "이 점에서는 미분가능하지 않다.");
    const flat = 1e-3 * (data.slopes[1] - data.slopes[0]);
    if (Math.abs(m) < flat) return say("The tangent is level: f′ is 0, or nearly.", "접선이 x축과 나란하다. f′의 값이 0이거나 0에 가깝다.");
    return m > 0
      ? say(`f rises here: its slope ${number(m, 4)} is above 0.`, `f가 증가한다. 기울기(${number(m, 4)})가 양수이다.`)
      : say(`f falls here: its slope ${number(m, 4)} is below 0.`, `f가 감소한다. 기울기(${number(m, 4)})가 음수이다.`);
  }

  function move(to) {
    x = Math.min(Math.max(to, low), high);
    drawn = Math.max(drawn, x);
    draw();
  }
  [slider.min, slider.max] = data.x;
  slider.step = (high - low) / 400;
  slider.addEventListener("input", () => move(Number(slider.value)));
  element("x").addEventListener("input", (event) => {
    if (Number.isFinite(event.target.valueAsNumber)) move(event.target.valueAsNumber);
  });
  for (const plot of ["above", "below"]) derivviz.drag(plot, move);
  derivviz.start(draw, () => {
    put("above", "function", sampled(f, data.x, data.heights[1] - data.heights[0]));
    put("below", "whole", sampled(slope, data.x, data.slopes[1] - data.slopes[0]));
  });
})();
