// What a page can do beside being read: sort and filter the matrix, copy a text, unfold what a link leads to, unpack an account.
// It asks no network, stores nothing, and makes no markup of texts: the only markup it reads is what the page was made with.
"use strict";
(function () {
  function unfold(element) {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }
  async function unpacked(id) {
    const at = (/^operator-(\d+)/.exec(id) || [])[1];
    const blocks = [...document.querySelectorAll("script.packed")];
    const block = blocks.find((one) => one.dataset.at.split(" ").includes(at));
    if (!block) return null;
    const bytes = Uint8Array.from(atob(block.textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const texts = JSON.parse(await new Response(stream).text());
    const read = new DOMParser().parseFromString(texts[block.dataset.at.split(" ").indexOf(at)], "text/html");
    const section = read.querySelector("section");
    if (!section || document.getElementById(section.id)) return null;
    document.getElementById("opened").prepend(section);
    buttons(section);
    return document.getElementById(id) || section;
  }
  async function follow() {
    const id = decodeURIComponent(location.hash.slice(1));
    const place = document.getElementById(id) || (await unpacked(id));
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
  function buttons(root) {
    for (const text of root.querySelectorAll("pre[data-copy]")) offer(text);
  }
  function offer(text) {
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
  buttons(document);

  const table = document.querySelector("main table.overview");
  if (table) {
    const body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells].slice(0, 2).concat([...table.tHead.rows[1].cells]);
    // A page of many has glyphs and a status alone: what they are worth is the same in every row.
    const GLYPHS = "!×~?○●·", STATUS = ["error", "invalid", "undecided", "valid"];
    const WORDS = ["error", "refuted", "fragile", "inconclusive", "holds", "proved"];
    function worth(text) {
      const status = STATUS.indexOf(text);
      return status >= 0 ? status : GLYPHS.indexOf(text);
    }
    function key(row, n) {
      const cell = row.cells[n];
      return n === 0 ? cell.textContent : Number(cell.dataset.sort ?? worth(cell.textContent));
    }
    for (const row of rows) {
      if (row.dataset.said !== undefined) continue;
      const cells = [...row.cells];
      const required = cells.slice(2).filter((one) => !one.classList.contains("aside"));
      const words = required.map((one) => WORDS[worth(one.textContent)] || "");
      row.dataset.said = [cells[0].textContent, cells[1].textContent, ...new Set(words)].join(" ").toLowerCase();
    }
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
