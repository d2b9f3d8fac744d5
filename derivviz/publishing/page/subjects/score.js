// Hunger walks the dishes along f′; their scores follow.
(() => {
  const { say, both, number, element, show, fill, put, range, data } = derivviz;
  const derivative = (x) => -6 * x ** 2 - 12 * x + 18;
  const placed = (i) => (4 * hunger) / 10 - 3 + 0.3 * i;
  const slider = element("hunger"), choice = element("case"), picture = element("picture");
  const ROOMY = 24, AXES = 90; // pixels from dish to dish where numbers fit into the dots; what axes take of a plot
  const BESIDE = 16; // pixels from a small dot to its number
  let hunger = data.hunger, held = 0;

  const name = (i) => both(data.names[i]);
  const best = (values) => values.reduce((top, value, i) => (value > values[top] ? i : top), 0);

  function draw() {
    const chosen = data.cases[choice.selectedIndex < 0 ? 0 : choice.selectedIndex];
    const all = chosen.p.map((p, i) => p * (1 + derivative(placed(i)) / 20)), winner = best(all);
    const places = data.shown, rows = places.map((_, n) => places.length - 1.1 - n);
    const x = places.map(placed), y = x.map(derivative);
    const at = places.indexOf(winner), seen = (n) => n !== at;
    put("walk", "walkers", { x, y });
    put("walk", "winner", at < 0 ? { x: [], y: [] } : { x: [x[at]], y: [y[at]] });
    put("walk", "numbers", { ...numbered(x, y), text: places.map(String) });
    put("walk", "nothing", { x: [derivviz.model("walk", "x").start + 0.1], y: [-20], text: [say("times 0", "0배")] });

    const scores = places.map((i) => all[i]), zeros = places.map(() => 0);
    const [low, high] = [Math.min(0, ...data.shown.map((i) => chosen.bounds[0])), Math.max(chosen.bounds[1], ...chosen.p)];
    range("scores", "x", [low - 0.02 * (high - low), high + 0.04 * (high - low)]);
    put("scores", "others", { y: rows.filter((_, n) => seen(n)), left: zeros.filter((_, n) => seen(n)), right: scores.filter((_, n) => seen(n)) });
    put("scores", "best", at < 0 ? { y: [], left: [], right: [] } : { y: [rows[at]], left: [0], right: [scores[at]] });
    put("scores", "likely", { x: places.map((i) => chosen.p[i]), y: rows });
    put("scores", "names", { x: zeros, y: rows.map((y) => y + 0.4), text: places.map((i) => `${i} ${name(i)}`) });

    slider.value = hunger;
    slider.setAttribute("aria-valuetext", `${number(hunger)}, ${name(winner)}`);
    show("shown", hunger, `h = ${number(hunger, 4)}`);
    fill("table", places.map((i, n) => [`${i} ${name(i)}`, chosen.p[i], { value: x[n], text: number(Number(x[n].toFixed(12))) }, y[n], 1 + y[n] / 20, scores[n]]), at);
    element("more").textContent = places.length === data.names.length ? "" :
      say(`${places.length} of ${data.names.length} classes are shown, the likeliest ones.`,
        `클래스 ${data.names.length}개 가운데 확률이 큰 ${places.length}개만 나타냈다.`);
    element("says").textContent = told(chosen, winner, all[winner]);
    [...choice.options].forEach((option, n) => (option.textContent = titled(data.cases[n])));
    picture.classList.toggle("hidden", !chosen.picture);
    if (chosen.picture && picture.src !== chosen.picture) picture.src = chosen.picture;
    picture.alt = chosen.picture ? say(`Held-out picture ${chosen.image}`, `검증 사진 ${chosen.image}`) : "";
  }

  // Where the numbers of the dishes are written: into their dots, or beside smaller ones where those would overlap.
  function numbered(x, y) {
    const place = element("walk"), across = derivviz.model("walk", "x"), up = derivviz.model("walk", "y");
    const wide = (place.clientWidth - AXES) / (across.end - across.start);
    const high = (place.clientHeight - AXES) / (up.end - up.start);
    const roomy = 0.3 * wide >= ROOMY;
    derivviz.model("walk", "walkers").glyph.size = { value: roomy ? 24 : 9 };
    derivviz.model("walk", "winner").glyph.size = { value: roomy ? 30 : 13 };
    if (roomy) return { x, y };
    const steep = x.map((at) => ((-12 * at - 12) * high) / wide); // as it is seen
    const away = (n) => (((x.length > 10 && n % 2 ? -1 : 1) * BESIDE) / Math.hypot(1, steep[n])); // two digits: both sides
    return {
      x: x.map((at, n) => at - (steep[n] * away(n)) / wide),
      y: y.map((at, n) => at + away(n) / high),
    };
  }

  const titled = (one) => (one.truth ? `${both(one.title)} (${both(one.truth)})` : both(one.title));

  function told(chosen, winner, score) {
    const reigns = [name(chosen.first), ...chosen.changes.map(([, , after]) => name(after))];
    const ends = chosen.changes.map(([h]) => number(h, 3));
    const way = reigns.map((dish, n) => {
      if (!ends.length) return say(`${dish} at every hunger`, `배고픔과 관계없이 ${dish}`);
      if (n === 0) return say(`${dish} up to h = ${ends[0]}`, `h = ${ends[0]}까지 ${dish}`);
      return n === ends.length ? say(`then ${dish}`, `그 뒤로 ${dish}`) : say(`${dish} up to ${ends[n]}`, `${ends[n]}까지 ${dish}`);
    }).join(", ");
    return say(`Recommended: ${name(winner)}, with a score of ${number(score, 4)}. As hunger grows: ${way}.`,
      `추천: ${name(winner)} (점수 ${number(score, 4)}). 배고픔이 커지면 ${way}.`);
  }

  function move(to) {
    hunger = Math.min(Math.max(to, 0), 10);
    draw();
  }
  slider.addEventListener("input", () => move(Number(slider.value)));
  choice.addEventListener("change", draw);
  // The dish that is nearest when the pointer comes down is the one that is held.
  derivviz.drag("walk", (x, _, first) => {
    if (first) held = data.shown.reduce((near, i) => (Math.abs(placed(i) - x) < Math.abs(placed(near) - x) ? i : near), data.shown[0]);
    move((x + 3 - 0.3 * held) * 2.5);
  });
  choice.replaceChildren(...data.cases.map(() => document.createElement("option")));
  derivviz.start(draw, () => new ResizeObserver(draw).observe(element("walk"))); // a phone that is turned
})();
