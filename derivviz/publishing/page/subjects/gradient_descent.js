// Steepest descent on a curve: from anywhere, at any learning rate.
(() => {
  const { say, number, element, show, put, sampled, functions, data } = derivviz;
  const { f, slope } = functions;
  const [low, high] = data.x, place = element("place"), power = element("power");
  const FAR = 1e6 * (high - low); // beyond it the walk is lost
  let start = data.at, rate = data.rate, walk = [];
  const player = derivviz.player(element("row"), element("play"), data.steps, 0, draw);

  // The places of the steps; it ends where there is no slope, or far out.
  function walked() {
    const places = [start];
    while (places.length <= data.steps) {
      const x = places[places.length - 1], next = x - rate * slope(x);
      if (!Number.isFinite(f(next)) || Math.abs(next) > FAR) break;
      places.push(next);
    }
    return places;
  }

  function draw() {
    walk = walked();
    const row = Math.min(player.row, walk.length - 1), x = walk[row], y = f(x), m = slope(x), move = -rate * m;
    const heights = walk.map(f), reach = 0.1 * (high - low);
    put("curve", "walk", { x: walk.slice(0, row + 1), y: heights.slice(0, row + 1) });
    put("curve", "steps", { x: walk.slice(0, row + 1), y: heights.slice(0, row + 1) });
    put("curve", "tangent", { x: [x - reach, x + reach], y: [y - m * reach, y + m * reach] });
    put("curve", "move", { x: [x], y: [y], u: [x + move], v: [y] });
    put("curve", "now", { x: [x], y: [y] });
    const steps = walk.map((_, n) => n);
    put("course", "line", { x: steps, y: heights });
    put("course", "dots", { x: steps, y: heights });
    put("course", "cursor", { x: [row], y: [data.heights[0]], u: [row], v: [data.heights[1]] });
    put("course", "now", { x: [row], y: [y] });

    place.value = start;
    power.value = Math.log10(rate);
    place.setAttribute("aria-valuetext", `x = ${number(start, 4)}`);
    power.setAttribute("aria-valuetext", `η = ${number(rate, 3)}`);
    player.show(`${row}, E = ${number(y, 4)}`);
    show("from", start, `x = ${number(start, 4)}`);
    show("rate", rate, `η = ${number(rate, 3)}`);
    show("step", row, String(row));
    show("x", x);
    show("height", y);
    show("slope", m);
    show("move", move);
    element("says").textContent = say(
      `Step ${row}: the slope is ${number(m, 4)}, so x moves by ${number(move, 4)}.`,
      `스텝 ${row}: 기울기가 ${number(m, 4)}이므로 x는 ${number(move, 4)}만큼 움직인다.`,
    );
    element("ends").textContent = ending(heights);
    element("ends").dataset.walk = JSON.stringify(walk);
  }

  function ending(heights) {
    const last = walk.length - 1, x = walk[last];
    if (last < data.steps || heights[last] > heights[0] + (data.heights[1] - data.heights[0])) {
      return say(`Too large a step: after ${last} of them the walk is thrown out.`, `학습률이 너무 커서 ${last}스텝 만에 밖으로 튕겨 나간다.`);
    }
    const valley = data.valleys.find((one) => Math.abs(one.x - x) < 1e-3 * (high - low));
    if (valley !== undefined && Math.abs(walk[last - 1] - x) < 1e-3 * (high - low)) {
      const limit = valley.limit === null ? "" : say(` (Here η has to stay below ${number(valley.limit, 3)}.)`, ` (여기서 η는 ${number(valley.limit, 3)}보다 작아야 한다.)`);
      const deepest = data.valleys.every((one) => one.y >= valley.y - 1e-9);
      return (deepest
        ? say(`It ends at the bottom, x = ${number(x, 4)}.`, `가장 낮은 곳 x = ${number(x, 4)}에 이른다.`)
        : say(`It ends at x = ${number(x, 4)}, and there is a deeper valley elsewhere.`, `x = ${number(x, 4)}에서 멈춘다. 더 깊은 골짜기가 따로 있다.`)) + limit;
    }
    const turns = walk.slice(-8).filter((one, n, all) => n > 1 && (one - all[n - 1]) * (all[n - 1] - all[n - 2]) < 0).length;
    if (turns >= 5) return say("It jumps to and fro across the valley.", "골짜기 양쪽을 오가며 뛴다.");
    return say(`After ${last} steps it is still on its way.`, `${last}스텝 뒤에도 아직 가는 중이다.`);
  }

  const begin = (x) => {
    start = Math.min(Math.max(x, low), high);
    draw();
  };
  [place.min, place.max] = data.x;
  place.step = (high - low) / 400;
  place.addEventListener("input", () => begin(Number(place.value)));
  power.addEventListener("input", () => {
    rate = 10 ** Number(power.value);
    draw();
  });
  derivviz.drag("curve", begin);
  derivviz.drag("course", (x) => {
    player.stop();
    player.move(x);
  });
  derivviz.start(draw, () => put("curve", "function", sampled(f, data.x, data.heights[1] - data.heights[0])));
})();
