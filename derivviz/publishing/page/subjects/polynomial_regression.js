// A recorded training, step by step; and least squares of every degree beside it.
(() => {
  const { say, number, real, element, show, fill, put, data } = derivviz;
  const powers = element("degree");
  const player = derivviz.player(element("row"), element("play"), data.steps.length - 1, data.row, draw);
  let degree = data.degree;

  const value = (a, x) => a.reduceRight((sum, one) => sum * x + one, 0);
  const lowered = (n) => [...String(n)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
  const ends = [Math.min(...data.x), Math.max(...data.x)];
  const curve = (a) => {
    const x = Array.from({ length: 301 }, (_, n) => ends[0] + ((ends[1] - ends[0]) * n) / 300);
    return { x, y: x.map((at) => value(a, at)) };
  };

  function draw() {
    const a = data.coefficients[player.row].map(real), step = data.steps[player.row];
    const errors = data.x.map((x, j) => value(a, x) - data.target[j]);
    const loss = errors.reduce((sum, u) => sum + u * u, 0) / 2;
    const slopes = a.map((_, i) => errors.reduce((sum, u, j) => sum + u * data.x[j] ** i, 0));
    put("fit", "curve", curve(a));
    put("fit", "best", curve(data.fits[degree]));
    put("fit", "errors", { x: data.x, y: data.x.map((x) => value(a, x)), u: data.x, v: data.target });
    for (const [plot, at] of [["loss", step + 1], ["degrees", degree]]) {
      const { start, end } = derivviz.model(plot, "y");
      put(plot, "cursor", { x: [at], y: [start], u: [at], v: [end] });
    }
    put("loss", "now", Number.isFinite(loss) && loss > 0 ? { x: [step + 1], y: [loss] } : { x: [], y: [] });

    player.show(`${say("step", "스텝")} ${step}, E = ${number(loss)}`);
    powers.value = degree;
    show("step", step, String(step));
    show("power", degree, String(degree));
    fill("table", a.map((one, i) => [`a${lowered(i)}`, one, slopes[i], data.best[i]]));
    element("says").textContent = told(step, loss, slopes);
    element("says").dataset.loss = String(loss);
  }

  function told(step, loss, slopes) {
    if (!Number.isFinite(loss)) {
      return say(`Step ${step}: the coefficients have grown beyond every number. The steps were too large.`,
        `스텝 ${step}: 계수가 한없이 커졌다. 학습률이 너무 컸다.`);
    }
    const most = slopes.reduce((top, slope, i) => (Math.abs(slope) > Math.abs(slopes[top]) ? i : top), 0);
    const [learnt, tested] = [real(data.learnt[degree]), real(data.tested[degree])];
    const pull = slopes[most] > 0 ? say("down", "작아지는") : say("up", "커지는");
    return say(
      `Step ${step}: E = ${number(loss, 5)}. The steepest slope, ${number(slopes[most], 3)}, pulls a${lowered(most)} ${pull}. ` +
        `Least squares of degree ${degree} misses the points it learns from by ${number(learnt, 3)}, others by ${number(tested, 3)} (mean square).`,
      `스텝 ${step}: E = ${number(loss, 5)}. 가장 가파른 기울기 ${number(slopes[most], 3)}에 따라 a${lowered(most)}의 값이 ${pull} 쪽으로 움직인다. ` +
        `${degree}차 최소제곱 다항식의 평균 제곱 오차는 학습 점에서 ${number(learnt, 3)}, 테스트 점에서 ${number(tested, 3)}이다.`,
    );
  }

  powers.max = data.fits.length - 1;
  powers.addEventListener("input", () => {
    degree = Number(powers.value);
    draw();
  });
  derivviz.drag("loss", (x) => {
    player.stop();
    player.move(derivviz.nearest(data.steps, x - 1));
  });
  derivviz.drag("degrees", (x) => {
    degree = Math.min(Math.max(Math.round(x), 0), data.fits.length - 1);
    draw();
  });
  derivviz.start(draw);
})();
