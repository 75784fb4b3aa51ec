"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const charts = [];
  // Widths of paper in CSS pixels, for a chart on half of it.
  const kPrintWidth = 300;
  const kPrintHeight = 190;
  const kMostBars = 12;

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // The page is printed in its light colours, whatever the screen shows.
  const kPaper = { text: "#1d242d", soft: "#55606e", line: "#d9dee5", accent: "#1d5fae", second: "#a34a00" };
  let onPaper = false;
  const ink = (name) => (onPaper ? kPaper[name] : colour(name));

  const axis = (extra) => ({
    grid: { color: ink("line"), drawTicks: false },
    ticks: { color: ink("soft"), maxRotation: 0, autoSkipPadding: 12, ...(extra.ticks || {}) },
    border: { display: false },
    ...Object.fromEntries(Object.entries(extra).filter(([key]) => key !== "ticks")),
  });

  const line = (label, values, name, dash, point) => ({
    label,
    data: values,
    borderColor: ink(name),
    backgroundColor: ink(name),
    borderDash: dash,
    borderWidth: 2,
    pointStyle: point,
    pointRadius: values.length > 40 ? 0 : 3,
    spanGaps: true,
    tension: 0,
  });

  const options = (x, y, legend) => ({
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    interaction: { mode: "index", intersect: false },
    scales: { x: axis(x), y: axis(y) },
    plugins: {
      legend: {
        display: legend,
        labels: { color: ink("text"), usePointStyle: true, boxHeight: 6 },
      },
    },
  });

  let group = -1;
  const makers = {
    "chart-facings": () => {
      const one = data.groups[group];
      const values = one ? one.values : data.facings;
      return {
        type: "line",
        data: {
          labels: data.labels,
          datasets: [line(one ? one.name : "Facings", values, "accent", [], "circle")],
        },
        options: options({}, { beginAtZero: true, ticks: { precision: 0 } }, false),
      };
    },
    "chart-shares": () => {
      const sets = [];
      if (data.availability.some((v) => v !== null))
        sets.push(line("Availability", data.availability, "accent", [], "circle"));
      if (data.compliance.some((v) => v !== null))
        sets.push(line("Compliance", data.compliance, "second", [6, 4], "rect"));
      return {
        type: "line",
        data: { labels: data.labels, datasets: sets },
        options: options({}, { min: 0, max: 100, ticks: { callback: (v) => `${v} %` } }, true),
      };
    },
    "chart-changes": () => {
      const changed = data.groups
        .map((g) => ({ name: g.name, change: g.last - g.first }))
        .filter((g) => g.change !== 0)
        .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
        .slice(0, kMostBars)
        .sort((a, b) => a.change - b.change);
      const short = (name) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);
      const config = {
        type: "bar",
        data: {
          labels: changed.map((g) => short(g.name)),
          datasets: [{
            label: "Change of facings",
            data: changed.map((g) => g.change),
            backgroundColor: changed.map((g) => ink(g.change < 0 ? "second" : "accent")),
          }],
        },
        options: options({ ticks: { precision: 0, callback: (v) => (v > 0 ? `+${v}` : `${v}`) } },
                         { ticks: { autoSkip: false } }, false),
      };
      config.options.indexAxis = "y";
      config.options.interaction = { mode: "nearest", axis: "y", intersect: false };
      return config;
    },
    "chart-events": () => {
      const names = ["accent", "second", "soft", "text"];
      return {
        type: "bar",
        data: {
          labels: data.labels,
          datasets: Object.entries(data.events).map(([kind, values], i) => ({
            label: kind,
            data: values,
            backgroundColor: ink(names[i % names.length]),
          })),
        },
        options: options({ stacked: true }, { stacked: true, ticks: { precision: 0 } }, true),
      };
    },
  };

  const draw = () => {
    while (charts.length > 0) charts.pop().destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const [id, make] of Object.entries(makers)) {
      const figure = document.getElementById(id);
      if (!figure) continue;
      const config = make();
      if (onPaper) config.options.responsive = false;
      const canvas = figure.querySelector("canvas");
      if (onPaper) {
        canvas.width = kPrintWidth;
        canvas.height = kPrintHeight;
        canvas.style.width = canvas.style.height = "";
        config.options.devicePixelRatio = 3;
      }
      charts.push(new Chart(canvas, config));
    }
    document.documentElement.dataset.charts = charts.length;
  };

  const choice = document.getElementById("group-choice");
  if (choice) {
    choice.addEventListener("change", () => {
      group = Number(choice.value);
      draw();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
    onPaper = true;
    draw();
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
    onPaper = false;
    draw();
  });

  // One box of each picture can be reached with the tab key, the others from there with arrows.
  const choose = (box, picture) => {
    for (const other of picture.querySelectorAll(".box.chosen")) other.classList.remove("chosen");
    box.classList.add("chosen");
    const text = picture.querySelector(".picked");
    text.textContent = box.querySelector("title").textContent;
    text.classList.add("filled");
  };
  for (const picture of document.querySelectorAll(".picture")) {
    const boxes = [...picture.querySelectorAll(".box")];
    if (boxes.length === 0) continue;
    boxes[0].setAttribute("tabindex", "0");
    const go = (box) => {
      for (const other of boxes) other.setAttribute("tabindex", "-1");
      box.setAttribute("tabindex", "0");
      box.focus({ preventScroll: true });
      choose(box, picture);
    };
    picture.addEventListener("click", (event) => {
      const box = event.target.closest(".box");
      if (box) go(box);
    });
    picture.addEventListener("keydown", (event) => {
      const at = boxes.indexOf(event.target);
      if (at < 0) return;
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) go(boxes[(at + step + boxes.length) % boxes.length]);
      else if (event.key === "Enter" || event.key === " ") choose(boxes[at], picture);
      else return;
      event.preventDefault();
    });
  }

  // A problem's link shows the gap, or all boxes of the product, on the picture.
  for (const link of document.querySelectorAll(".look a")) {
    link.addEventListener("click", () => {
      for (const box of document.querySelectorAll(".box.sought")) box.classList.remove("sought");
      const shelf = document.getElementById(link.dataset.shelf);
      const target = document.querySelector(link.getAttribute("href"));
      if (target && target.classList.contains("box")) choose(target, target.closest(".picture"));
      for (const box of shelf.querySelectorAll(".box")) {
        if (link.dataset.label && box.dataset.label === link.dataset.label)
          box.classList.add("sought");
      }
    });
  }

  draw();
})();
