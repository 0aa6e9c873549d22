// What a page can do beside being read: sort and filter the matrix, copy a text, unfold what a link leads to.
// It asks no network, stores nothing, and writes no markup: texts go where they are text.
"use strict";
(function () {
  function unfold(element) {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }
  function follow() {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    unfold(place);
    const inside = place.querySelector(":scope > details.operator");
    if (inside) inside.open = true;
    place.scrollIntoView();
  }
  addEventListener("hashchange", follow);

  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }
  for (const text of document.querySelectorAll("pre[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy " + text.dataset.copy;
    button.addEventListener("click", function () {
      copy(text.textContent).then(
        function () { button.textContent = "copied"; },
        function () { getSelection().selectAllChildren(text); button.textContent = "select and copy"; }
      );
      setTimeout(function () { button.textContent = "copy " + text.dataset.copy; }, 2000);
    });
    text.before(button);
  }

  const table = document.querySelector("main table.overview");
  if (table) {
    const body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells].slice(0, 2).concat([...table.tHead.rows[1].cells]);
    const key = (row, n) => (n === 0 ? row.cells[0].textContent : Number(row.cells[n].dataset.sort));
    heads.forEach(function (head, n) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", function () {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const one of heads) one.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const order = rows.map((row, at) => [key(row, n), at, row]);
        order.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (down ? -1 : 1) || a[1] - b[1]);
        body.append(...order.map((one) => one[2]));
      });
    });
    const box = document.getElementById("filter"), shown = document.getElementById("shown");
    box.closest(".tool").hidden = false;
    box.addEventListener("input", function () {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const row of rows) {
        row.hidden = !words.every((word) => row.dataset.said.includes(word));
        count += row.hidden ? 0 : 1;
      }
      shown.textContent = words.length ? " " + count + " of " + rows.length : "";
    });
  }
  follow();
})();
