const MOST_MATCHES = 100; // tiles listed

/**
 * Let the search box find tiles by their names.
 *
 * It calls `on.begin()` when it gets the focus, `on.choose(tile)`, and `on.end()` when it gives the
 * focus away.
 */
function search(names, on) {
  const [query, results, matches] = ["query", "results", "matches"].map($);
  const plain = names.map(simplified);

  const choose = (tile) => {
    on.choose(tile);
    on.end();
  };

  const clear = () => {
    query.value = "";
    find();
    on.end();
  };

  const find = () => {
    const wanted = simplified(query.value.trim());
    const found = wanted ? [...plain.keys()].filter((tile) => plain[tile].includes(wanted)) : [];
    $("found").textContent = wanted ? foundText(found.length) : "";
    const items = found
      .slice(0, MOST_MATCHES)
      .map((tile) => match(names[tile], () => choose(tile)));
    matches.replaceChildren(...items);
  };

  query.addEventListener("input", find);
  query.addEventListener("keydown", (event) => {
    const first = matches.querySelector("button");
    if (event.key === "Enter") first?.click();
    else if (event.key === "ArrowDown") first?.focus();
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
  });
  matches.addEventListener("keydown", (event) => {
    const item = event.target.closest("li");
    const above = item.previousElementSibling?.firstElementChild ?? query;
    if (event.key === "ArrowDown") item.nextElementSibling?.firstElementChild.focus();
    else if (event.key === "ArrowUp") above.focus();
    else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
  });
  showWhileFocused(results, query.parentElement, on.begin);
}

/** Show `results` while the focus is in `area`. */
function showWhileFocused(results, area, begin) {
  area.addEventListener("focusin", () => {
    results.hidden = false;
    begin();
  });
  area.addEventListener("focusout", (event) => {
    results.hidden = !area.contains(event.relatedTarget);
  });
  // A press on the results leaves the focus where it is, or they were gone before the click.
  results.addEventListener("mousedown", (event) => event.preventDefault());
}

function match(name, choose) {
  const item = $("match").content.firstElementChild.cloneNode(true);
  writeName(item.firstElementChild, name);
  item.firstElementChild.addEventListener("click", choose);
  return item;
}

function foundText(total) {
  const more = total > MOST_MATCHES ? `, of which ${MOST_MATCHES} are listed` : "";
  return total ? `${count(total, "tile")}${more}` : "No tile has such a name.";
}

/** A name as it is searched for: no case, no accents. */
function simplified(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
